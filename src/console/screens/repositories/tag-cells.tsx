import type { TagItem } from '../../api/image-types.ts';
import { Badge } from '../../components/text/badge.tsx';
import { formatSize } from '../../../size.ts';
import { imageHref } from '../../model/images/addresses.ts';
import { kindNames, summarizeReferrers } from '../../model/images/kinds.ts';
import { formatPlatform } from '../../model/images/platform.ts';
import { countOf } from '../../model/usage/describe-series.ts';
import { LastBy } from '../usage/usage-cells.tsx';

/** The name of a tag, with what it is if it is no image, and whether it is signed. */
export function TagName({ repository, tag }: { readonly repository: string; readonly tag: TagItem }) {
  const { name, kind, referrers } = tag;
  return (
    <span class="tag-name">
      <a href={imageHref(repository, name)}>{name}</a>
      {kind !== null && kind !== 'image' && kind !== 'index' && <Badge>{kindNames[kind]}</Badge>}
      {summarizeReferrers(referrers).map((text) => (
        <Badge key={text} kind="good">
          {text}
        </Badge>
      ))}
    </span>
  );
}

const shownPlatforms = 2;

export function Platforms({ platforms, problem }: Pick<TagItem, 'platforms' | 'problem'>) {
  if (problem !== undefined)
    return (
      <span class="muted" title={problem}>
        cannot be read
      </span>
    );
  if (platforms.length === 0) return <span class="muted">–</span>;
  const names = platforms.map(formatPlatform);
  const others = names.slice(shownPlatforms).join(', ');
  return (
    <span class="platforms">
      {names.slice(0, shownPlatforms).map((name) => (
        <Badge key={name}>{name}</Badge>
      ))}
      {others !== '' && (
        <span class="muted" title={others}>
          <span aria-hidden="true">+{names.length - shownPlatforms}</span>
          <span class="visually-hidden">and {others}</span>
        </span>
      )}
    </span>
  );
}

/** The size of a download: that of the image, or the smallest and largest one of all platforms. */
export function DownloadSize({ size, platforms }: Pick<TagItem, 'size' | 'platforms'>) {
  const sizes = platforms.flatMap((platform) => platform.size ?? []);
  if (sizes.length < 2)
    return size === null ? (
      <span class="muted">not known</span>
    ) : (
      <span class="size">{formatSize(size)}</span>
    );
  const [min, max] = [formatSize(Math.min(...sizes)), formatSize(Math.max(...sizes))];
  return <span class="size">{min === max ? max : `${min} – ${max}`}</span>;
}

type Used = Pick<TagItem, 'usage'>;

/** When the tag was pushed last, and by whom. */
export function LastPush({ usage }: Used) {
  if (usage === null || usage.lastPushedAt === null) return <span class="muted">not known</span>;
  return <LastBy at={usage.lastPushedAt} by={usage.lastPushedBy} isShort />;
}

/** When the tag was pulled last, by whom, and how often in all. */
export function LastPull({ usage }: Used) {
  if (usage === null) return <span class="muted">not known</span>;
  if (usage.lastPulledAt === null) return <span class="muted">never</span>;
  return (
    <>
      <LastBy at={usage.lastPulledAt} by={usage.lastPulledBy} isShort />
      <span class="cell-note">{countOf(usage.pulls, 'pull')} in all</span>
    </>
  );
}
