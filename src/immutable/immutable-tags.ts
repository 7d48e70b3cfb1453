import { matchesTag, type TagPattern } from '../policy/tags/tag-pattern.ts';
import { scratch } from '../registry/scratch-repository.ts';

/**
 * The tags with this prefix in the scratch repository are immutable if any tag is. So doctor can find out whether an
 * edge sends the manifests of pushes to dockpass.
 */
export const scratchTagPrefix = 'immutable-';

/** Returns true if the tag cannot be pushed again once it exists. @param patterns the setting `immutableTags` */
export function isImmutableTag(patterns: readonly TagPattern[], repository: string, tag: string): boolean {
  if (patterns.length === 0) return false;
  return (
    (repository === scratch && tag.startsWith(scratchTagPrefix)) || matchesTag(patterns, repository, tag)
  );
}
