import { maxNameLength, nameSource } from '../scope/parse-scopes.ts';

const name = new RegExp(`^${nameSource}$`);
/** What a star may have to stand for so that some name fits: a digit is good in a name, a host and a port. */
const fillings = { '*': ['0', ''], '**': ['0', '', '/0', '0/0', '0/'] };
/** Names tried; a pattern with more stars than that allows is taken to be possible. */
const triesAtMost = 10_000;

/** Is there any repository name that the pattern matches? Answers by finding one. */
export function canMatchRepository(pattern: string): boolean {
  const parts = (pattern.match(/\*+|[^*]+/g) ?? []).map((part): readonly string[] => {
    if (!part.startsWith('*')) return [part];
    return part === '*' ? fillings['*'] : fillings['**'];
  });
  let tried: string[] = [''];
  for (const part of parts) {
    if (tried.length * part.length > triesAtMost) return true;
    tried = tried.flatMap((start) => part.map((next) => start + next));
  }
  return tried.some((candidate) => candidate.length <= maxNameLength && name.test(candidate));
}
