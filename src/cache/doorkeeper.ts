/**
 * The number of sets in the hash table. Each set has two slots, and each slot has 4 bytes, so the table takes 64 kB.
 */
const setCount = 8192;

/**
 * Creates a function that tells whether a text was seen recently, so that a cache can skip texts that occur only once.
 *
 * Why this is useful: under load, most queries, scopes and tokens occur only once. If all of them were cached, the
 * cache entries would survive several garbage collections, and each collection would copy them. Not caching these texts
 * saves 7 % of the processor time for issuing a token (docs/adr/0033-what-comes-once-is-not-kept.md).
 *
 * How it works: a table holds a 32-bit hash of each text instead of the text itself. The hash selects a set of two
 * slots, and a new hash replaces the older of the two hashes in the set.
 *
 * Why it is safe: a wrong answer never changes the result that the caller computes. If the function wrongly answers
 * that a text was seen, the caller caches a result earlier than needed. If the function wrongly answers that a text was
 * not seen, the caller computes the result again.
 * @returns a function that returns true if the text was seen recently, and that records the text as seen
 */
export function createDoorkeeper(): (text: string) => boolean {
  const slots = new Int32Array(2 * setCount);
  return (text) => {
    const hash = hashOf(text);
    // The upper bits of the hash are mixed into the lower bits, because texts that differ only in a counter have FNV-1a
    // hashes whose lower bits differ too little.
    const first = 2 * ((hash ^ (hash >>> 15)) & (setCount - 1));
    const newer = slots[first] ?? 0;
    if (newer === hash) return true;
    const wasSeen = slots[first + 1] === hash;
    // If the hash was found in the second slot, the two slots are swapped. So two texts that belong to the same set and
    // occur alternately are both recognized.
    slots[first + 1] = newer;
    slots[first] = hash;
    return wasSeen;
  };
}

/**
 * Returns the FNV-1a hash (http://www.isthe.com/chongo/tech/comp/fnv/) of the UTF-16 code units. The hash is never 0,
 * because 0 marks an empty slot.
 */
function hashOf(text: string): number {
  let hash = 0x811c9dc5;
  for (let index = 0; index < text.length; index++)
    hash = Math.imul(hash ^ text.charCodeAt(index), 0x01000193);
  return hash | 0 || 1;
}
