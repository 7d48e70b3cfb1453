import { matchesTag, type TagPattern } from '../policy/tags/tag-pattern.ts';
import { scratch, scratchTagPrefix } from '../registry/scratch-repository.ts';

/** Returns true if the tag cannot be pushed again once it exists. @param patterns the setting `immutableTags` */
export function isImmutableTag(patterns: readonly TagPattern[], repository: string, tag: string): boolean {
  return patterns.length > 0 && (isScratchTag(repository, tag) || matchesTag(patterns, repository, tag));
}

/** Returns true if doctor uses the tag to find out whether an edge sends the manifests of pushes to dockpass. */
export function isScratchTag(repository: string, tag: string): boolean {
  return repository === scratch && tag.startsWith(scratchTagPrefix);
}
