import { nameGrammarSource, maxNameLength } from '../scope/parse-scopes.ts';

const nameGrammar = new RegExp(`^${nameGrammarSource}$`);
/** The text that stands for a star in a sample name. */
const filler = 'example';

/**
 * Returns a repository name that the pattern matches, with each star replaced by a word: `team/example` for `team/**`.
 * Returns undefined if the result is not a valid name.
 * @param pattern a pattern without variables such as `${user}`
 */
export function sampleName(pattern: string): string | undefined {
  return validName(pattern.replaceAll(/\*+/g, filler));
}

/** The most steps that the search for a name in two patterns takes. Patterns of usual length need a few hundred. */
const maxSteps = 20_000;

/**
 * Returns a repository name that both patterns match, such as `team/app` for `team/**` and a pattern that ends with
 * `/app`. Returns undefined if there is no such name, or if it was not found.
 */
export function sampleNameOfBoth(one: string, other: string): string | undefined {
  const [left, right] = [partsOf(one), partsOf(other)];
  const seen = new Set<number>();
  const open: { readonly i: number; readonly j: number; readonly name: string }[] = [
    { i: 0, j: 0, name: '' },
  ];
  for (let steps = 0; steps < maxSteps; steps++) {
    const state = open.pop();
    if (state === undefined) return undefined;
    const { i, j, name } = state;
    const [a, b] = [left[i], right[j]];
    if (a === undefined && b === undefined) {
      const valid = validName(name);
      if (valid !== undefined) return valid;
      continue;
    }
    const key = (i * (right.length + 1) + j) * 2 + (name.endsWith(filler) ? 1 : 0);
    if (seen.has(key)) continue;
    seen.add(key);
    const push = (nextI: number, nextJ: number, added: string): void => {
      open.push({ i: nextI, j: nextJ, name: name + added });
    };
    // The last one that is pushed is tried first: prefer names in which both patterns advance.
    if (isStar(a)) push(i + 1, j, '');
    if (isStar(b)) push(i, j + 1, '');
    if (isStar(a) && isStar(b)) {
      if (name.endsWith(filler)) continue;
      push(i + 1, j, filler);
      push(i, j + 1, filler);
      push(i + 1, j + 1, filler);
    } else if (isStar(a)) {
      if (b !== undefined && fits(a, b)) push(i, j + 1, b);
    } else if (isStar(b)) {
      if (a !== undefined && fits(b, a)) push(i + 1, j, a);
    } else if (a !== undefined && a === b) push(i + 1, j + 1, a);
  }
  return undefined;
}

/** Splits a pattern into stars and single characters. */
function partsOf(pattern: string): string[] {
  return pattern.match(/\*+|[^*]/gsu) ?? [];
}

function isStar(part: string | undefined): part is string {
  return part?.startsWith('*') === true;
}

/** Returns true if a star matches the character: `*` stands for no slash. */
function fits(star: string, character: string): boolean {
  return star.length > 1 || character !== '/';
}

function validName(name: string): string | undefined {
  return name.length <= maxNameLength && nameGrammar.test(name) ? name : undefined;
}
