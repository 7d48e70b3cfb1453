import { maxNameLength, nameGrammarSource } from '../scope/parse-scopes.ts';

const nameGrammar = new RegExp(`^${nameGrammarSource}$`);
/**
 * Texts to put in place of a star. If a pattern can match any valid name, it matches one that is built from these. The
 * digit 0 is allowed in a path component, in a host name and in a port.
 */
const starReplacements = { '*': ['0', ''], '**': ['0', '', '/0', '0/0', '0/'] };
/** Names to try. If a pattern has so many stars that there are more, it counts as able to match. */
const maxCandidates = 10_000;

/** True if there is a valid repository name that the pattern matches. It searches for one. */
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
