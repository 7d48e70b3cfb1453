import type { Manifest } from '../../api/image-types.ts';
import { DataTable } from '../../components/data/data-table.tsx';
import { Digest } from '../../components/image/digest.tsx';
import { Section } from '../../components/layout/page.tsx';
import { Badge } from '../../components/text/badge.tsx';
import { formatSize } from '../../../size.ts';
import { imageHref } from '../../model/images/addresses.ts';
import { kindNames } from '../../model/images/kinds.ts';
import { formatPlatform } from '../../model/images/platform.ts';

interface Row extends Pick<Manifest['manifests'][number], 'digest' | 'platform' | 'kind'> {
  readonly at: number;
}

/** The manifests of an index: mostly one image for each platform. */
export function PlatformTable({
  repository,
  manifest,
}: {
  readonly repository: string;
  readonly manifest: Manifest;
}) {
  const { manifests, platforms } = manifest;
  const attestations = manifests.filter(({ kind }) => kind === 'attestation');
  const sizes = new Map(platforms.map(({ digest, size }) => [digest, size]));
  const attestationsOf = (digest: string) =>
    attestations.filter(({ annotations }) => annotations['vnd.docker.reference.digest'] === digest);
  const hasAttestations = attestations.length > 0;
  return (
    <Section
      title="Platforms"
      lead="A client pulls the image for its own platform. Open one to see its layers."
    >
      <DataTable<Row>
        caption="Platforms"
        rows={manifests.filter(({ kind }) => kind !== 'attestation').map((entry, at) => ({ ...entry, at }))}
        keyOf={({ at, digest }: Row) => `${at} ${digest}`}
        columns={[
          {
            label: 'Platform',
            isName: true,
            render: ({ platform, digest, kind }) => (
              <a href={imageHref(repository, digest)}>
                {platform === null ? kindNames[kind] : formatPlatform(platform)}
              </a>
            ),
          },
          { label: 'Digest', render: ({ digest }) => <Digest value={digest} /> },
          {
            label: 'Size',
            isNumber: true,
            render: ({ digest }) => {
              const size = sizes.get(digest) ?? null;
              return size === null ? <span class="muted">not in this registry</span> : formatSize(size);
            },
          },
          ...(hasAttestations
            ? [
                {
                  label: 'Attestations',
                  render: ({ digest }: Row) => {
                    const found = attestationsOf(digest);
                    if (found.length === 0) return <span class="muted">none</span>;
                    return found.map((entry) => (
                      <a key={entry.digest} href={imageHref(repository, entry.digest)}>
                        <Badge kind="good">provenance or SBOM</Badge>
                      </a>
                    ));
                  },
                },
              ]
            : []),
        ]}
      />
    </Section>
  );
}
