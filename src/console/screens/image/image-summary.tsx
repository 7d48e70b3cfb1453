import type { Manifest } from '../../api/image-types.ts';
import { Details } from '../../components/data/details.tsx';
import { Digest } from '../../components/image/digest.tsx';
import { Time } from '../../components/text/time.tsx';
import { formatSize } from '../../../size.ts';
import { imageHref } from '../../model/images/addresses.ts';
import { kindNames } from '../../model/images/kinds.ts';
import { formatPlatform } from '../../model/images/platform.ts';

export interface ImageSummaryProps {
  readonly repository: string;
  readonly manifest: Manifest;
  readonly author: string | null;
}

/** The facts about an image at a glance. */
export function ImageSummary({ repository, manifest, author }: ImageSummaryProps) {
  const { digest, kind, size, platforms, created, layers, artifactType, mediaType, subject } = manifest;
  const isIndex = kind === 'index';
  return (
    <Details
      items={[
        ['Type', kind === null ? 'not known' : kindNames[kind]],
        ['Digest', <Digest value={digest} />],
        [
          isIndex ? 'Platforms' : 'Platform',
          platforms.length === 0 ? '–' : platforms.map(formatPlatform).join(', '),
        ],
        [
          isIndex ? 'Size of all platforms' : 'Size',
          size === null
            ? 'not known'
            : `${formatSize(size)}${isIndex ? '' : ` in ${countOf(layers.length, 'layer')}`}`,
        ],
        ['Created', <Time value={created} never="not known" withDistance />],
        ...(author === null ? [] : ([['Author', author]] as const)),
        ...(subject === null
          ? []
          : ([['About', <Digest value={subject} href={imageHref(repository, subject)} />]] as const)),
        ...(artifactType === null ? [] : ([['Artifact type', <code>{artifactType}</code>]] as const)),
        ['Media type', <code>{mediaType ?? 'not known'}</code>],
      ]}
    />
  );
}

function countOf(count: number, what: string): string {
  return `${count} ${what}${count === 1 ? '' : 's'}`;
}
