/** The literal text at both ends of a pattern. The index finds entries by it. */
export interface LiteralEnds {
  readonly prefix: string;
  readonly suffix: string;
  /** True if the pattern has a star. If it has none, the prefix is the whole name. */
  readonly isOpen: boolean;
}

export interface PatternIndex<Entry> {
  /** Returns every entry whose pattern can match the name. It may return a few others too. */
  candidates(name: string): readonly Entry[];
}

/** The entries whose prefixes have the same length and whose suffixes have the same length. One lookup finds them. */
interface Shape<Entry> {
  readonly prefixLength: number;
  readonly suffixLength: number;
  readonly byEnds: Map<string, Entry[]>;
  /** What all prefixes start with. If a name does not match this and the next two, no lookup is needed. */
  prefixStart: string;
  /** What all prefixes end with. */
  prefixEnd: string;
  /** What all suffixes end with. */
  suffixEnd: string;
}

/**
 * Finds the few patterns that can match a name among very many. A pattern without stars is found by its text. Any other
 * is found by the text before its first star and after its last one. This takes one lookup for each pair of lengths, so
 * the time depends on how many pairs of lengths there are, not on how many patterns. Patterns that start and end with a
 * star have no literal ends, so they are always candidates.
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
 * A quick test that creates no strings. A lookup takes about ten times as long, and most names fit few of the shapes.
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

/** A separator is not needed: within one shape, all prefixes have the same length. */
function keyOf(prefix: string, suffix: string): string {
  return suffix === '' ? prefix : prefix + suffix;
}

function push<Entry>(map: Map<string, Entry[]>, key: string, entry: Entry): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [entry]);
  else known.push(entry);
}
