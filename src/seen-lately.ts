/**
 * Has this text been asked for lately? Small, of fixed size and never sure: a text is forgotten as another takes its
 * place. Most texts come once, and keeping them would cost more than working them out again.
 * @param capacity a power of two
 */
export function seenLately(capacity: number): (text: string) => boolean {
  const marks = new Int32Array(capacity);
  return (text) => {
    const mark = markOf(text);
    const at = mark & (capacity - 1);
    if (marks[at] === mark) return true;
    marks[at] = mark;
    return false;
  };
}

/** FNV-1a over the length and the last 32 characters, where texts of one kind differ. */
function markOf(text: string): number {
  let mark = 0x811c9dc5 ^ text.length;
  for (let at = Math.max(0, text.length - 32); at < text.length; at++)
    mark = Math.imul(mark ^ text.charCodeAt(at), 0x01000193);
  return mark;
}
