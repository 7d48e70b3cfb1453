import { canMatchRepository } from '../can-match-repository.ts';
import { compilePattern, matches, type Pattern } from '../pattern.ts';

/** A compiled pattern for tags, such as `release/**:v*`: a pattern for the repository, a colon, a pattern for the tag. */
export interface TagPattern {
  readonly text: string;
  readonly repository: Pattern;
  readonly tag: Pattern;
}

/** The grammar of a tag in the OCI distribution specification, section "Pull", with stars. */
const tagWithStars = /^[\w*][\w.*-]*$/;
/** The length of the longest tag. */
const maxTagLength = 128;

/**
 * Compiles a pattern for tags. In both parts, the stars mean what they mean in every pattern (`compilePattern`). A tag
 * contains no slash, so `*` and `**` are equal in the second part.
 * @returns undefined if the text has no such form, or if it can match no tag of any repository
 */
export function parseTagPattern(text: string): TagPattern | undefined {
  // The name of a repository can contain a colon, because it can begin with a host and a port. A tag contains none.
  const colon = text.lastIndexOf(':');
  const [repository, tag] = [text.slice(0, Math.max(colon, 0)), text.slice(colon + 1)];
  if (colon < 0 || !canMatchRepository(repository) || !tagWithStars.test(tag)) return undefined;
  if (tag.replaceAll('*', '').length > maxTagLength) return undefined;
  return { text, repository: compilePattern(repository), tag: compilePattern(tag) };
}

/** Returns true if one of the patterns matches the tag of the repository. */
export function matchesTag(patterns: readonly TagPattern[], repository: string, tag: string): boolean {
  return patterns.some((pattern) => matches(pattern.tag, tag) && matches(pattern.repository, repository));
}
