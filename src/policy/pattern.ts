/**
 * A repository pattern: literal but for `*` (any characters within a path segment) and `**` (any characters, slashes
 * included). Read once; kept beside its text.
 */
export interface Pattern {
  readonly text: string;
  /** The literal text before the first star; all of it where there is none. */
  readonly prefix: string;
  /** The literal text after the last star; empty where there is none. */
  readonly suffix: string;
  /** What stands between prefix and suffix: empty for a literal, else it begins and ends with a star. */
  readonly middle: readonly Part[];
}

type Part = typeof segment | typeof any | string;
/** `*` and `**` as parts; every other part is one literal character. */
const segment = '*';
const any = '**';

/** Every text is a pattern; whether it can ever match a repository is for configuration and CLI to say. */
export function compilePattern(text: string): Pattern {
  const first = text.indexOf('*');
  if (first < 0) return { text, prefix: text, suffix: '', middle: [] };
  const last = text.lastIndexOf('*');
  const stars = text.slice(first, last + 1).match(/\*+|[^*]/gsu) ?? [];
  return {
    text,
    prefix: text.slice(0, first),
    suffix: text.slice(last + 1),
    middle: stars.map((part) => (part.length > 1 ? any : part)),
  };
}

/** Linear in the name, whatever the pattern: at worst name × pattern steps, and no backtracking to blow up. */
export function matches(pattern: Pattern, name: string): boolean {
  const { prefix, suffix, middle } = pattern;
  if (middle.length === 0) return name === prefix;
  if (name.length < prefix.length + suffix.length || !name.startsWith(prefix) || !name.endsWith(suffix))
    return false;
  const rest = name.slice(prefix.length, name.length - suffix.length);
  if (middle.length === 1) return middle[0] === any || !rest.includes('/');
  return walk(middle, rest);
}

/** Goes all ways through the parts at once: `here` marks the parts that may come next. */
function walk(parts: readonly Part[], text: string): boolean {
  let here = new Uint8Array(parts.length + 1);
  let next = new Uint8Array(parts.length + 1);
  here[0] = 1;
  skipStars(parts, here);
  for (const character of text) {
    next.fill(0);
    for (const [at, part] of parts.entries()) {
      if (here[at] === 0) continue;
      if (part === any || (part === segment && character !== '/')) next[at] = 1;
      else if (part === character && part !== segment) next[at + 1] = 1;
    }
    skipStars(parts, next);
    [here, next] = [next, here];
  }
  return here[parts.length] === 1;
}

/** A star may stand for nothing. */
function skipStars(parts: readonly Part[], marks: Uint8Array): void {
  for (const [at, part] of parts.entries()) {
    if (marks[at] === 1 && (part === segment || part === any)) marks[at + 1] = 1;
  }
}
