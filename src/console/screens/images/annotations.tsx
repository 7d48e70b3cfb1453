import { DataTable } from '../../components/data/data-table.tsx';
import { Section } from '../../components/layout/page.tsx';

/** Names and values that the author of an image chose. They are shown as text, never as links or markup. */
export function Annotations({
  title = 'Annotations',
  annotations,
}: {
  readonly title?: string;
  readonly annotations: ReadonlyMap<string, string>;
}) {
  if (annotations.size === 0) return null;
  return (
    <Section title={title}>
      <DataTable
        caption={title}
        rows={[...annotations]}
        keyOf={([name]) => name}
        columns={[
          { label: 'Name', isName: true, render: ([name]) => <code class="text-breaks">{name}</code> },
          { label: 'Value', render: ([, value]) => <span class="text-breaks">{value}</span> },
        ]}
      />
    </Section>
  );
}
