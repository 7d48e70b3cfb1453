import type { Descriptor } from '../../api/image-types.ts';
import { DataTable } from '../../components/data/data-table.tsx';
import { Digest } from '../../components/image/digest.tsx';
import { Section } from '../../components/layout/page.tsx';
import { formatSize } from '../../../size.ts';

/** The files of an artifact, such as a Helm chart. */
export function ArtifactFiles({ layers }: { readonly layers: readonly Descriptor[] }) {
  return (
    <Section title="Files">
      <DataTable
        caption="Files"
        rows={layers.map((layer, at) => ({ ...layer, number: at + 1 }))}
        keyOf={({ number }) => String(number)}
        columns={[
          {
            label: 'Name',
            isName: true,
            render: ({ annotations, number }) =>
              annotations['org.opencontainers.image.title'] ?? `File ${number}`,
          },
          { label: 'Type', render: ({ mediaType }) => <code>{mediaType}</code> },
          { label: 'Digest', render: ({ digest }) => <Digest value={digest} /> },
          { label: 'Size', isNumber: true, render: ({ size }) => formatSize(size) },
        ]}
      />
    </Section>
  );
}
