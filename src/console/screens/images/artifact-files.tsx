import { DataTable } from '../../components/data/data-table.tsx';
import { Digest } from '../../components/image/digest.tsx';
import { Section } from '../../components/layout/page.tsx';
import { formatSize } from '../../format/size.ts';
import type { Descriptor } from '../../model/images/manifest.ts';

/** The files of an artifact, such as a chart of Helm. */
export function ArtifactFiles({ layers }: { readonly layers: readonly Descriptor[] }) {
  return (
    <Section title="Files">
      <DataTable
        caption="Files"
        rows={layers.map((layer, at) => ({ layer, at }))}
        keyOf={({ at }) => String(at)}
        columns={[
          {
            label: 'Name',
            isName: true,
            render: ({ layer }) => layer.annotations.get('org.opencontainers.image.title') ?? 'no name',
          },
          { label: 'Type', render: ({ layer }) => <code class="text-breaks">{layer.mediaType}</code> },
          { label: 'Digest', render: ({ layer }) => <Digest value={layer.digest} /> },
          { label: 'Size', isNumber: true, render: ({ layer }) => formatSize(layer.size) },
        ]}
      />
    </Section>
  );
}
