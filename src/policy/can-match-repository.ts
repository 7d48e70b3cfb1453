import { maxNameLength, nameGrammarSource } from '../scope/parse-scopes.ts';

const nameGrammar = new RegExp(`^${nameGrammarSource}$`);
/**
 * The texts that are tried in place of each star. If a pattern matches at least one valid repository name, it also
 * matches a valid name that is built from these texts. The texts use the digit 0, because it is allowed in a path
 * component, in a host name and in a port.
 */
const starReplacements = { '*': ['0', ''], '**': ['0', '', '/0', '0/0', '0/'] };
/**
 * The largest number of names that are tried. If a pattern has so many stars that more names would have to be tried,
 * the pattern is assumed to match.
 */
const maxCandidates = 10_000;

/**
 * Returns true if the pattern matches at least one valid repository name. The function tries names until one matches.
 */
export function canMatchRepository(pattern: string): boolean {
  const parts = (pattern.match(/\*+|[^*]+/g) ?? []).map((part): readonly string[] => {
    if (!part.startsWith('*')) return [part];
    return part === '*' ? starReplacements['*'] : starReplacements['**'];
  });
  let candidates: string[] = [''];
  for (const part of parts) {
    if (candidates.length * part.length > maxCandidates) return true;
    candidates = candidates.flatMap((start) => part.map((next) => start + next));
  }
  return candidates.some((candidate) => candidate.length <= maxNameLength && nameGrammar.test(candidate));
}
