import { DataTable } from '../../components/data/data-table.tsx';
import { Section } from '../../components/layout/page.tsx';

export interface AnnotationsProps {
  readonly title: string;
  readonly values: Readonly<Record<string, string>>;
}

/** Names and values that the author of an image chose. They are shown as text, never as links or markup. */
export function Annotations({ title, values }: AnnotationsProps) {
  const rows = Object.entries(values).sort(([a], [b]) => (a < b ? -1 : 1));
  if (rows.length === 0) return null;
  return (
    <Section title={title}>
      <DataTable
        caption={title}
        rows={rows}
        keyOf={([name]) => name}
        columns={[
          { label: 'Name', isName: true, render: ([name]) => <code class="wrap">{name}</code> },
          { label: 'Value', render: ([, value]) => <span class="wrap">{value}</span> },
        ]}
      />
    </Section>
  );
}
