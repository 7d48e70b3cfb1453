import { DataTable } from '../../components/data/data-table.tsx';
import { Digest } from '../../components/image/digest.tsx';
import { Section } from '../../components/layout/page.tsx';
import { formatSize } from '../../format/size.ts';
import type { ImageConfiguration } from '../../model/images/configuration.ts';
import { historyRows, type HistoryRow } from '../../model/images/history.ts';
import type { Descriptor } from '../../model/images/manifest.ts';

export interface LayerTableProps {
  readonly configuration: ImageConfiguration;
  readonly layers: readonly Descriptor[];
}

/** The steps of the build in their order, each with the layer that it created. */
export function LayerTable({ configuration, layers }: LayerTableProps) {
  const rows = historyRows(configuration, layers);
  const total = layers.reduce((sum, { size }) => sum + size, 0);
  return (
    <Section title="Layers and history" lead="The steps of the build, the first one at the top. Sizes are compressed.">
      <DataTable
        caption="Layers and history"
        rows={rows}
        keyOf={({ number }) => String(number)}
        columns={[
          { label: 'Step', isNumber: true, render: ({ number }) => number },
          { label: 'Instruction', isName: true, render: (row) => <Instruction row={row} /> },
          {
            label: 'Size',
            isNumber: true,
            render: ({ layer }) => (layer === undefined ? <span class="muted">–</span> : <LayerSize size={layer.size} total={total} />),
          },
          {
            label: 'Layer',
            render: ({ layer }) =>
              layer === undefined ? <span class="muted">no files changed</span> : <Digest value={layer.digest} />,
          },
        ]}
      />
    </Section>
  );
}

/** The share of a layer in the size of the image, so that the large steps are found at a glance. */
function LayerSize({ size, total }: { readonly size: number; readonly total: number }) {
  return (
    <span class="layer-size">
      {formatSize(size)}
      <meter min={0} max={total === 0 ? 1 : total} value={size} aria-hidden="true" />
    </span>
  );
}

function Instruction({ row }: { readonly row: HistoryRow }) {
  const { instruction } = row;
  if (instruction === '') return <span class="muted">not recorded</span>;
  const [keyword = '', ...rest] = instruction.split(' ');
  return /^[A-Z]+$/.test(keyword) ? (
    <code class="instruction">
      <b>{keyword}</b> {rest.join(' ')}
    </code>
  ) : (
    <code class="instruction">{instruction}</code>
  );
}
