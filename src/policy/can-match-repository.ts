import { maxNameLength, nameGrammarSource } from '../scope/parse-scopes.ts';

const name = new RegExp(`^${nameGrammarSource}$`);
/** What a star may have to stand for so that some name fits: a digit is good in a name, a host and a port. */
const starReplacements = { '*': ['0', ''], '**': ['0', '', '/0', '0/0', '0/'] };
/** Names tried; a pattern with more stars than that allows is taken to be possible. */
const maxCandidates = 10_000;

/** Is there any repository name that the pattern matches? Answers by finding one. */
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
  return candidates.some((candidate) => candidate.length <= maxNameLength && name.test(candidate));
}
