import type { Descriptor, HistoryStep } from '../../api/image-types.ts';
import { DataTable } from '../../components/data/data-table.tsx';
import { Digest } from '../../components/image/digest.tsx';
import { Section } from '../../components/layout/page.tsx';
import { formatSize } from '../../../size.ts';
import { formatInstruction } from '../../model/images/instruction.ts';

export interface LayerTableProps {
  readonly steps: readonly HistoryStep[];
  readonly layers: readonly Descriptor[];
}

/** The steps of the build in their order, each with the layer that it created. */
export function LayerTable({ steps, layers }: LayerTableProps) {
  const total = layers.reduce((sum, { size }) => sum + size, 0);
  return (
    <Section
      title="Layers and history"
      lead="The steps of the build, the first one at the top. Sizes are compressed."
    >
      <DataTable
        caption="Layers and history"
        rows={steps.map((step, at) => ({ ...step, number: at + 1 }))}
        keyOf={({ number }) => String(number)}
        columns={[
          { label: 'Step', isNumber: true, render: ({ number }) => number },
          {
            label: 'Instruction',
            isName: true,
            render: ({ createdBy, comment }) => <Instruction text={createdBy ?? ''} comment={comment} />,
          },
          {
            label: 'Size',
            isNumber: true,
            render: ({ layer }) =>
              layer === null ? <span class="muted">–</span> : <LayerSize size={layer.size} total={total} />,
          },
          {
            label: 'Layer',
            render: ({ layer }) =>
              layer === null ? <span class="muted">no files changed</span> : <Digest value={layer.digest} />,
          },
        ]}
      />
    </Section>
  );
}

/** The bar shows the share of a layer in the size of the image, so that large steps are found at a glance. */
function LayerSize({ size, total }: { readonly size: number; readonly total: number }) {
  return (
    <span class="layer-size">
      {formatSize(size)}
      <progress max={total === 0 ? 1 : total} value={size} aria-hidden="true" />
    </span>
  );
}

function Instruction({ text, comment }: { readonly text: string; readonly comment: string | null }) {
  const instruction = formatInstruction(text);
  if (instruction === '') return <span class="muted">not recorded</span>;
  const [keyword = '', ...rest] = instruction.split(' ');
  const isKeyword = /^[A-Z]{3,}$/.test(keyword);
  return (
    <code class="instruction" title={comment ?? undefined}>
      {isKeyword ? (
        <>
          <b>{keyword}</b> {rest.join(' ')}
        </>
      ) : (
        instruction
      )}
    </code>
  );
}
