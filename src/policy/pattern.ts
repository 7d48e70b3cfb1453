/**
 * A compiled pattern for repository names. `*` matches any characters within one path segment, `**` matches any
 * characters including slashes. Everything else is literal.
 */
export interface Pattern {
  readonly text: string;
  /** The literal text before the first star. If there is no star, the whole text. */
  readonly prefix: string;
  /** The literal text after the last star. Empty if there is no star. */
  readonly suffix: string;
  /** The parts of the pattern from the first star to the last star. Empty if there is no star. */
  readonly middle: readonly Part[];
}

/** A part of a pattern: `*`, `**`, or one literal character. */
type Part = typeof segment | typeof any | string;
const segment = '*';
const any = '**';

/**
 * Compiles a pattern. Every text is a valid pattern, even one that cannot match any repository name (see
 * `canMatchRepository`).
 */
export function compilePattern(text: string): Pattern {
  const first = text.indexOf('*');
  if (first < 0) return { text, prefix: text, suffix: '', middle: [] };
  const last = text.lastIndexOf('*');
  const parts = text.slice(first, last + 1).match(/\*+|[^*]/gsu) ?? [];
  return {
    text,
    prefix: text.slice(0, first),
    suffix: text.slice(last + 1),
    middle: parts.map((part) => (part.length > 1 ? any : part)),
  };
}

/**
 * Returns true if the pattern matches the name. This takes at most (length of the name) × (length of the pattern)
 * steps. The function does not backtrack, so no pattern can make the comparison slow.
 */
export function matches(pattern: Pattern, name: string): boolean {
  const { prefix, suffix, middle } = pattern;
  if (middle.length === 0) return name === prefix;
  if (name.length < prefix.length + suffix.length || !name.startsWith(prefix) || !name.endsWith(suffix))
    return false;
  const rest = name.slice(prefix.length, name.length - suffix.length);
  if (middle.length === 1) return middle[0] === any || !rest.includes('/');
  return matchesParts(middle, rest);
}

/**
 * A nondeterministic finite automaton for the parts of a pattern. A state is a set of parts, one bit for each part: bit
 * `i` is set if the parts before part `i` can match all characters that have been read so far. One integer holds the
 * whole set, so a character costs a few operations.
 */
interface Automaton {
  /** The parts that stay possible after any character (`**`). */
  readonly any: number;
  /** The parts that stay possible after any character except a slash (`*` and `**`). */
  readonly stars: number;
  /** For each literal character, the parts that are this character. */
  readonly literals: ReadonlyMap<string, number>;
  /** The bit after the last part. */
  readonly end: number;
}

/** An integer has 32 bits, and one is needed for the end. */
const maxParts = 31;
const automata = new WeakMap<readonly Part[], Automaton>();

function automatonOf(parts: readonly Part[]): Automaton {
  const known = automata.get(parts);
  if (known !== undefined) return known;
  const literals = new Map<string, number>();
  let [anyParts, stars] = [0, 0];
  for (const [at, part] of parts.entries()) {
    const bit = 1 << at;
    if (part === any) anyParts |= bit;
    if (part === any || part === segment) stars |= bit;
    else literals.set(part, (literals.get(part) ?? 0) | bit);
  }
  const automaton = { any: anyParts, stars, literals, end: 1 << parts.length };
  automata.set(parts, automaton);
  return automaton;
}

/** Matches the text by simulating a nondeterministic finite automaton. */
function matchesParts(parts: readonly Part[], text: string): boolean {
  if (parts.length > maxParts) return matchesManyParts(parts, text);
  const { any: anyParts, stars, literals, end } = automatonOf(parts);
  // A star can match the empty text, so the part after a possible star is possible too. Two stars are never neighbors,
  // because they are compiled to one part.
  let state = 1 | ((1 & stars) << 1);
  for (const character of text) {
    const stay = character === '/' ? anyParts : stars;
    state = (state & stay) | ((state & (literals.get(character) ?? 0)) << 1);
    state |= (state & stars) << 1;
    if (state === 0) return false;
  }
  return (state & end) !== 0;
}

/**
 * Like `matchesParts`, for a pattern with more parts than an integer has bits. `reachable[i]` is 1 if bit `i` would be
 * set.
 */
function matchesManyParts(parts: readonly Part[], text: string): boolean {
  let reachable = new Uint8Array(parts.length + 1);
  let next = new Uint8Array(parts.length + 1);
  reachable[0] = 1;
  skipStars(parts, reachable);
  for (const character of text) {
    next.fill(0);
    for (const [at, part] of parts.entries()) {
      if (reachable[at] === 0) continue;
      if (part === any || (part === segment && character !== '/')) next[at] = 1;
      else if (part === character && part !== segment) next[at + 1] = 1;
    }
    skipStars(parts, next);
    [reachable, next] = [next, reachable];
  }
  return reachable[parts.length] === 1;
}

/**
 * For each star that is marked in `reachable`, also marks the part of the pattern after the star, because a star can
 * match the empty text. `matchesManyParts` describes `reachable`.
 */
function skipStars(parts: readonly Part[], reachable: Uint8Array): void {
  for (const [at, part] of parts.entries()) {
    if (reachable[at] === 1 && (part === segment || part === any)) reachable[at + 1] = 1;
  }
}
