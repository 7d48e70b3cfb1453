/**
 * A repository pattern: literal but for `*` (any characters within a path segment) and `**` (any characters, slashes
 * included). Compiled once into its parts; kept beside its text.
 */
export interface Pattern {
  readonly text: string;
  readonly parts: readonly Part[];
}

type Part =
  | { readonly kind: 'literal'; readonly character: string }
  | { readonly kind: 'segment' }
  | { readonly kind: 'any' };

/** Every text is a pattern; whether it can ever match a repository is for configuration and CLI to say. */
export function compilePattern(text: string): Pattern {
  const parts = (text.match(/\*\*+|\*|[^*]/gsu) ?? []).map((piece): Part => {
    if (piece === '*') return { kind: 'segment' };
    return piece.startsWith('**') ? { kind: 'any' } : { kind: 'literal', character: piece };
  });
  return { text, parts };
}

/**
 * Walks all ways through the pattern at once, so the cost is at most name × pattern, whatever the stars: no
 * backtracking that a hostile pattern could blow up.
 */
export function matches(pattern: Pattern, name: string): boolean {
  const { parts } = pattern;
  if (parts.length === 1 && parts[0]?.kind === 'any') return true;
  let here = new Set(reachable(parts, 0));
  for (const character of name) {
    const next = new Set<number>();
    for (const at of here) {
      const part = parts[at];
      if (part === undefined) continue;
      if (part.kind === 'literal') {
        if (part.character === character) for (const to of reachable(parts, at + 1)) next.add(to);
      } else if (part.kind === 'any' || character !== '/') {
        for (const to of reachable(parts, at)) next.add(to);
      }
    }
    if (next.size === 0) return false;
    here = next;
  }
  return here.has(parts.length);
}

/** The places that are reached from `at` without reading a character: stars may stand for nothing. */
function* reachable(parts: readonly Part[], at: number): Generator<number> {
  yield at;
  for (let place = at; parts[place] !== undefined && parts[place]?.kind !== 'literal'; place++)
    yield place + 1;
}
