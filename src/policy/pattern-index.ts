/** The literal texts at the start and at the end of a pattern. The index looks up patterns by these texts. */
export interface LiteralEnds {
  readonly prefix: string;
  readonly suffix: string;
  /** True if the pattern has a star or a variable. If it has neither, `prefix` is the whole pattern. */
  readonly isOpen: boolean;
}

export interface PatternIndex<Entry> {
  /**
   * Returns every entry whose pattern matches the name, and possibly a few entries whose pattern does not match. So the
   * caller must compare each returned pattern with the name.
   */
  candidates(name: string): readonly Entry[];
}

/**
 * A group of entries. All their patterns have prefixes of the same length and suffixes of the same length. To find the
 * entries that can match a name, cut a start and an end of these lengths from the name, and look up this pair in
 * `byEnds`.
 */
interface Shape<Entry> {
  readonly prefixLength: number;
  readonly suffixLength: number;
  readonly byEnds: Map<string, Entry[]>;
  /**
   * The longest common start of all prefixes of this group. For the prefixes `team/` and `test/`, this is `te`.
   * If a pattern of the group matches a name, then the name has `prefixStart`, `prefixEnd` and `suffixEnd` at fixed
   * positions. For any other name, `canMatchShape` returns false, and the map lookup is skipped.
   */
  prefixStart: string;
  /** The longest common ending of all prefixes of this group. For the prefixes `team/` and `base/`, this is `/`. */
  prefixEnd: string;
  /** The longest common ending of all suffixes of this group. */
  suffixEnd: string;
}

/**
 * Creates an index of very many patterns. For a name, the index quickly finds the few patterns that can match. A
 * pattern without stars is found by its whole text. Any other pattern is found by the text before its first star and
 * the text after its last star. A lookup is needed for each combination of prefix length and suffix length, so the time
 * depends on the number of these combinations, not on the number of patterns. A pattern that starts and ends with a
 * star has no literal ends, so the index returns it for every name.
 */
export function indexByEnds<Entry>(entries: Iterable<readonly [LiteralEnds, Entry]>): PatternIndex<Entry> {
  const literals = new Map<string, Entry[]>();
  const shapes = new Map<string, Shape<Entry>>();
  for (const [{ prefix, suffix, isOpen }, entry] of entries) {
    if (!isOpen) {
      push(literals, prefix, entry);
      continue;
    }
    const key = `${prefix.length} ${suffix.length}`;
    const shape = shapes.get(key) ?? {
      prefixLength: prefix.length,
      suffixLength: suffix.length,
      byEnds: new Map<string, Entry[]>(),
      prefixStart: prefix,
      prefixEnd: prefix,
      suffixEnd: suffix,
    };
    shapes.set(key, shape);
    shape.prefixStart = commonPrefix(shape.prefixStart, prefix);
    shape.prefixEnd = commonSuffix(shape.prefixEnd, prefix);
    shape.suffixEnd = commonSuffix(shape.suffixEnd, suffix);
    push(shape.byEnds, keyOf(prefix, suffix), entry);
  }
  const openShapes = [...shapes.values()];
  return {
    candidates: (name) => {
      const found: Entry[] = [...(literals.get(name) ?? [])];
      for (const shape of openShapes) {
        if (!canMatchShape(shape, name)) continue;
        const { prefixLength, suffixLength, byEnds } = shape;
        const key = keyOf(name.slice(0, prefixLength), name.slice(name.length - suffixLength));
        for (const entry of byEnds.get(key) ?? []) found.push(entry);
      }
      return found;
    },
  };
}

/**
 * Returns false if no pattern of the group can match the name. Most names can match only a few groups, so this check
 * avoids most map lookups. A map lookup takes about ten times as long as this check, because the lookup creates
 * strings.
 */
function canMatchShape(shape: Shape<unknown>, name: string): boolean {
  const { prefixLength, suffixLength, prefixStart, prefixEnd, suffixEnd } = shape;
  return (
    prefixLength + suffixLength <= name.length &&
    name.startsWith(prefixStart) &&
    name.startsWith(prefixEnd, prefixLength - prefixEnd.length) &&
    name.endsWith(suffixEnd)
  );
}

function commonPrefix(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one[length] === other[length]) length++;
  return one.slice(0, length);
}

function commonSuffix(one: string, other: string): string {
  let length = 0;
  while (length < one.length && one.at(-1 - length) === other.at(-1 - length)) length++;
  return length === 0 ? '' : one.slice(-length);
}

/**
 * Combines a prefix and a suffix into a key for the map `byEnds` of a `Shape`. The key needs no separator, because all
 * prefixes in one `Shape` have the same length.
 */
function keyOf(prefix: string, suffix: string): string {
  return suffix === '' ? prefix : prefix + suffix;
}

function push<Entry>(map: Map<string, Entry[]>, key: string, entry: Entry): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [entry]);
  else known.push(entry);
}
