import type { TagItem } from '../../api/image-types.ts';
import { Badge } from '../../components/text/badge.tsx';
import { formatSize } from '../../format/size.ts';
import { imageHref } from '../../model/images/addresses.ts';
import { kindNames, summarizeReferrers } from '../../model/images/kinds.ts';
import { formatPlatform } from '../../model/images/platform.ts';

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
