import { readImages } from '../../api/tag-summaries.ts';
import { useAsync } from '../../api/use-async.ts';
import { DataTable } from '../../components/data/data-table.tsx';
import { Details } from '../../components/data/details.tsx';
import { Digest } from '../../components/image/digest.tsx';
import { Section } from '../../components/layout/page.tsx';
import { formatSize } from '../../format/size.ts';
import { imageHref } from '../../model/images/addresses.ts';
import type { Descriptor, ImageIndex } from '../../model/images/manifest.ts';
import { formatPlatform } from '../../model/images/platform.ts';
import { Annotations } from './annotations.tsx';

export interface IndexDetailsProps {
  readonly repository: string;
  readonly digest: string;
  readonly manifest: ImageIndex;
}

/** A multi-architecture image: one image for each platform. */
export function IndexDetails({ repository, digest, manifest }: IndexDetailsProps) {
  const { images, attestations } = manifest;
  const read = useAsync(`${repository}@${digest}`, (signal) => readImages(repository, { digest, manifest }, signal));
  const sizeOf = (at: number): string | undefined => {
    const child = read.data?.[at]?.manifest;
    return child?.kind === 'image' ? formatSize(child.size) : undefined;
  };
  const rows = images.map((image, at) => ({ image, at }));
  return (
    <>
      <Details
        items={[
          ['Type', 'Multi-architecture image'],
          ['Digest', <Digest value={digest} />],
          ['Platforms', String(images.length)],
          ['Media type', <code>{manifest.mediaType}</code>],
        ]}
      />
      <Section title="Platforms" lead="A client pulls the image for its own platform. Select one to see its layers.">
        <DataTable
          caption="Platforms"
          rows={rows}
          keyOf={({ image, at }) => `${at} ${image.digest}`}
          columns={[
            {
              label: 'Platform',
              isName: true,
              render: ({ image }) => <a href={imageHref(repository, image.digest)}>{platformOf(image)}</a>,
            },
            { label: 'Digest', render: ({ image }) => <Digest value={image.digest} /> },
            {
              label: 'Size',
              isNumber: true,
              render: ({ at }) =>
                sizeOf(at) ?? (read.isLoading ? <span class="bar bar-cell" role="img" aria-label="Loading" /> : <span class="muted">not known</span>),
            },
            {
              label: 'Attestations',
              render: ({ image }) => (
                <AttestationLinks
                  repository={repository}
                  digests={attestations.filter(({ about }) => about === image.digest).map((one) => one.digest)}
                />
              ),
            },
          ]}
        />
      </Section>
      <Annotations annotations={manifest.annotations} />
    </>
  );
}

function platformOf({ platform }: Descriptor): string {
  if (platform === undefined) return 'platform not known';
  const version = platform.osVersion === undefined ? '' : ` (${platform.osVersion})`;
  return formatPlatform(platform) + version;
}

function AttestationLinks({ repository, digests }: { readonly repository: string; readonly digests: readonly string[] }) {
  if (digests.length === 0) return <span class="muted">none</span>;
  return (
    <>
      {digests.map((digest) => (
        <a key={digest} href={imageHref(repository, digest)}>
          provenance or SBOM
        </a>
      ))}
    </>
  );
}
