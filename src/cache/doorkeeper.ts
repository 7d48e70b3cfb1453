/** Two marks each. */
const sets = 8192;

/**
 * Has this text been asked for lately? Of fixed size (64 kB) and never sure: the older of two marks makes room for a new
 * one. Most texts come once, and keeping them would cost more than working them out again.
 */
export function createDoorkeeper(): (text: string) => boolean {
  const marks = new Int32Array(2 * sets);
  return (text) => {
    const mark = markOf(text);
    // Folded: the lower bits of FNV alone are those of a counter in the text.
    const at = 2 * ((mark ^ (mark >>> 15)) & (sets - 1));
    const newer = marks[at] ?? 0;
    if (newer === mark) return true;
    const wasSeen = marks[at + 1] === mark;
    // Two texts that share a place and come in turns are both known.
    marks[at + 1] = newer;
    marks[at] = mark;
    return wasSeen;
  };
}

/** FNV-1a (http://www.isthe.com/chongo/tech/comp/fnv/), over UTF-16 units; 0 is a place where nothing was yet. */
function markOf(text: string): number {
  let mark = 0x811c9dc5;
  for (let at = 0; at < text.length; at++) mark = Math.imul(mark ^ text.charCodeAt(at), 0x01000193);
  return mark | 0 || 1;
}
