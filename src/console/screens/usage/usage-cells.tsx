import { DateOf, Time } from '../../components/text/time.tsx';
import { formatFilters } from '../../model/usage/filters.ts';
import { imageHref, repositoryHref } from '../../model/images/addresses.ts';
import { shortDigest } from '../../format/digest.ts';
import { visible } from '../../model/visible-text.ts';

export interface LastProps {
  readonly at: string | null;
  /** Null for an anonymous client. */
  readonly by: string | null;
  /** True shows the day alone. */
  readonly isShort?: boolean;
}

/** When something was last pulled or pushed, and by whom. The name leads to what this subject has used. */
export function LastBy({ at, by, isShort = false }: LastProps) {
  if (at === null) return <span class="muted">never</span>;
  return (
    <>
      {isShort ? <DateOf value={at} never="never" /> : <Time value={at} />}
      <span class="cell-note">
        {by === null ? (
          'without a login'
        ) : (
          <>
            by <a href={`/auth/usage${formatFilters({ view: 'lastUse', by })}`}>{visible(by)}</a>
          </>
        )}
      </span>
    </>
  );
}

export interface UsedImageProps {
  readonly repository: string;
  readonly tag: string | null;
  readonly digest: string | null;
  /** True leaves out the repository, on its own page. */
  readonly isShort?: boolean;
}

/** The name of an image that was used, with links to the repository and to the image. */
export function UsedImage({ repository, tag, digest, isShort = false }: UsedImageProps) {
  const reference = tag ?? digest ?? '';
  const shown = tag === null ? shortDigest(reference) : tag;
  return (
    <span class="wrap" title={tag === null ? reference : undefined}>
      {!isShort && (
        <>
          <a href={repositoryHref(repository)}>{visible(repository)}</a>
          <span class="muted">{tag === null ? '@' : ':'}</span>
        </>
      )}
      <a href={imageHref(repository, reference)}>{visible(shown)}</a>
    </span>
  );
}
