import { Page } from '../../components/layout/page.tsx';
export function RulesPreview() {
  return <Page title="Preview rules">{null}</Page>;
}
