import type { ComponentChildren } from 'preact';
import type { TagState } from '../../api/tag-summaries.ts';
import { ApiError } from '../../api/problem.ts';
import { Badge } from '../../components/text/badge.tsx';
import { Time } from '../../components/text/time.tsx';
import { formatSize } from '../../format/size.ts';
import { imageHref } from '../../model/images/addresses.ts';
import { referrerTag } from '../../model/images/referrers.ts';
import type { TagSummary } from '../../model/images/tag-summary.ts';

/** A cell whose content is read from the registry after the table is shown. */
export function PendingCell({
  state,
  children,
}: {
  readonly state: TagState;
  readonly children: (summary: TagSummary) => ComponentChildren;
}) {
  if (state === undefined) return <span class="bar bar-cell" role="img" aria-label="Loading" />;
  if (state instanceof ApiError)
    return (
      <span class="muted" title={state.message}>
        not known
      </span>
    );
  return <>{children(state)}</>;
}

export interface TagNameProps {
  readonly repository: string;
  readonly name: string;
}

/** The name of a tag. Tags under which Cosign stores signatures say so. */
export function TagName({ repository, name }: TagNameProps) {
  const referrer = referrerTag(name);
  return (
    <span class="tag-name">
      <a href={imageHref(repository, name)}>{name}</a>
      {referrer !== undefined && <Badge>{referrer.kind === 'list' ? 'referrers' : referrer.kind}</Badge>}
    </span>
  );
}

const shownPlatforms = 2;

export function Platforms({ platforms, artifactType, kind }: TagSummary) {
  if (artifactType !== undefined) return <Badge>{nameOfArtifact(artifactType)}</Badge>;
  if (kind === 'unknown') return <span class="muted">old format</span>;
  if (platforms.length === 0) return <span class="muted">not known</span>;
  const others = platforms.slice(shownPlatforms);
  return (
    <span class="platforms">
      {platforms.slice(0, shownPlatforms).map((platform) => (
        <Badge key={platform}>{platform}</Badge>
      ))}
      {others.length > 0 && (
        <span class="muted" title={others.join(', ')}>
          +{others.length} <span class="visually-hidden">more: {others.join(', ')}</span>
        </span>
      )}
    </span>
  );
}

/** Shortens well-known types of artifacts. */
function nameOfArtifact(type: string): string {
  if (type.includes('helm')) return 'Helm chart';
  if (type.includes('wasm')) return 'WebAssembly';
  if (type.includes('cosign') || type.includes('sigstore') || type.includes('notary')) return 'signature';
  return type.replace(/^application\/(?:vnd\.)?/, '').replace(/\+json$/, '');
}

export function Sizes({ size }: Pick<TagSummary, 'size'>) {
  if (size === undefined) return <span class="muted">not known</span>;
  const [min, max] = [formatSize(size.min), formatSize(size.max)];
  return <span class="size">{min === max ? max : `${min} – ${max}`}</span>;
}

export function CreatedAt({ createdAt }: Pick<TagSummary, 'createdAt'>) {
  if (createdAt === undefined) return <span class="muted">not known</span>;
  return <Time value={new Date(createdAt).toISOString()} />;
}
