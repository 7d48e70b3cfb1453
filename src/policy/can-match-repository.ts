import { maxNameLength, nameGrammarSource } from '../scope/parse-scopes.ts';

const nameGrammar = new RegExp(`^${nameGrammarSource}$`);
/**
 * The texts that replace the stars of a pattern, to build names that the pattern matches. These texts are enough: if
 * none of the names is a valid repository name, the pattern matches no valid repository name. The texts use the digit
 * 0, because it is allowed in a path component, in a host name and in a port.
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
