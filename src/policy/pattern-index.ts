/** By what an index finds an entry: the literal text at both ends of its pattern. */
export interface LiteralEnds {
  readonly prefix: string;
  readonly suffix: string;
  /** False where the prefix is all there is: then it is the whole name. */
  readonly isOpen: boolean;
}

export interface PatternIndex<Entry> {
  /** Every entry whose pattern can match the name, and few others. */
  candidates(name: string): readonly Entry[];
}

/** Entries whose ends have the same two lengths: one lookup finds those that fit a name. */
interface Shape<Entry> {
  readonly prefix: number;
  readonly suffix: number;
  readonly byEnds: Map<string, Entry[]>;
  /** What all prefixes begin and end with, and all suffixes end with: a name without these is not looked up. */
  head: string;
  neck: string;
  tail: string;
}

/**
 * Finds the few patterns that a name can match among very many. A literal is found by its text; any other by the text
 * before its first star and after its last, with one lookup for each pair of lengths that occurs: as many as the
 * patterns differ in form, not as there are patterns. Patterns that begin and end with a star are tried one by one.
 */
export function indexByEnds<Entry>(entries: Iterable<readonly [LiteralEnds, Entry]>): PatternIndex<Entry> {
  const literal = new Map<string, Entry[]>();
  const shapes = new Map<string, Shape<Entry>>();
  for (const [{ prefix, suffix, isOpen }, entry] of entries) {
    if (!isOpen) {
      push(literal, prefix, entry);
      continue;
    }
    const key = `${prefix.length} ${suffix.length}`;
    const shape = shapes.get(key) ?? {
      ...{ prefix: prefix.length, suffix: suffix.length, byEnds: new Map<string, Entry[]>() },
      ...{ head: prefix, neck: prefix, tail: suffix },
    };
    shapes.set(key, shape);
    shape.head = commonPrefix(shape.head, prefix);
    shape.neck = commonSuffix(shape.neck, prefix);
    shape.tail = commonSuffix(shape.tail, suffix);
    push(shape.byEnds, keyOf(prefix, suffix), entry);
  }
  const open = [...shapes.values()];
  return {
    candidates: (name) => {
      const found: Entry[] = [...(literal.get(name) ?? [])];
      for (const shape of open) {
        if (!canMatchShape(shape, name)) continue;
        const { prefix, suffix, byEnds } = shape;
        const key = keyOf(name.slice(0, prefix), name.slice(name.length - suffix));
        for (const entry of byEnds.get(key) ?? []) found.push(entry);
      }
      return found;
    },
  };
}

/** Without making a text: a lookup costs ten times as much, and most names fit few of the shapes. */
function canMatchShape({ prefix, suffix, head, neck, tail }: Shape<unknown>, name: string): boolean {
  return (
    prefix + suffix <= name.length &&
    name.startsWith(head) &&
    name.startsWith(neck, prefix - neck.length) &&
    name.endsWith(tail)
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

/** Told apart by nothing but the two lengths, which a shape's keys have in common. */
function keyOf(prefix: string, suffix: string): string {
  return suffix === '' ? prefix : prefix + suffix;
}

function push<Entry>(map: Map<string, Entry[]>, key: string, entry: Entry): void {
  const known = map.get(key);
  if (known === undefined) map.set(key, [entry]);
  else known.push(entry);
}
