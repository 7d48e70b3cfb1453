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
  /** The parts between prefix and suffix. Empty if there is no star. Otherwise the first and the last are stars. */
  readonly middle: readonly Part[];
}

/** `*`, `**`, or one literal character. */
type Part = typeof segment | typeof any | string;
const segment = '*';
const any = '**';

/** Every text is a valid pattern. `canMatchRepository` tells whether a pattern can match any repository name at all. */
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
 * Takes at most (length of the name) × (length of the pattern) steps. There is no backtracking, so no pattern can make
 * it slow.
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
 * Simulates a nondeterministic automaton. `reachable[i]` is 1 if the characters so far can be matched by the parts
 * before part `i`.
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

/** A star can match the empty text, so the part after it is reachable too. */
function skipStars(parts: readonly Part[], reachable: Uint8Array): void {
  for (const [at, part] of parts.entries()) {
    if (reachable[at] === 1 && (part === segment || part === any)) reachable[at + 1] = 1;
  }
}
