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
 * Matches the text by simulating a nondeterministic finite automaton. `reachable[i]` is 1 if the parts before part `i`
 * can match all characters that have been read so far.
 */
function matchesParts(parts: readonly Part[], text: string): boolean {
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
 * match the empty text. `matchesParts` describes `reachable`.
 */
function skipStars(parts: readonly Part[], reachable: Uint8Array): void {
  for (const [at, part] of parts.entries()) {
    if (reachable[at] === 1 && (part === segment || part === any)) reachable[at + 1] = 1;
  }
}
