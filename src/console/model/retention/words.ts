import type { Deletion, RetentionRule } from '../../api/retention-types.ts';
import { formatSize } from '../../../size.ts';
import { formatDuration } from '../trust/duration.ts';
import { countOf } from '../usage/describe-series.ts';

/** Says in sentences what a rule keeps and deletes. */
export function describeRule({ keep, untagged }: RetentionRule): readonly string[] {
  if (keep === null) return ['Deletes no tag.', ...untaggedText(untagged)];
  const { newest, pulledWithin, pushedWithin, tags } = keep;
  return [
    ...(newest === null ? [] : [`Keeps the ${newest === 1 ? 'tag' : `${newest} tags`} pushed last.`]),
    ...(pulledWithin === null ? [] : [`Keeps tags pulled within ${formatDuration(pulledWithin)}.`]),
    ...(pushedWithin === null ? [] : [`Keeps tags pushed within ${formatDuration(pushedWithin)}.`]),
    ...(tags.length === 0 ? [] : [`Keeps the tags ${tags.join(', ')}.`]),
    ...untaggedText(untagged),
  ];
}

function untaggedText(untagged: string | null): readonly string[] {
  return untagged === null ? [] : [`Deletes images without a tag after ${formatDuration(untagged)}.`];
}

/** Sums up deletions: `12 deletions in 2 repositories, 1.3 GB`. */
export function describeTotal(deletions: readonly Deletion[]): string {
  const repositories = new Set(deletions.map(({ repository }) => repository)).size;
  return describeAmount(deletions, ` in ${countOf(repositories, 'repository', 'repositories')}`);
}

/** Sums up the deletions of one repository: `12 deletions, 1.3 GB`. */
export function describeAmount(deletions: readonly Deletion[], where = ''): string {
  const size = deletions.reduce((sum, deletion) => sum + deletion.size, 0);
  return `${countOf(deletions.length, 'deletion')}${where}, ${formatSize(size)}`;
}
