import { Page } from '../../components/layout/page.tsx';
export function Rules() {
  return <Page title="Rules">{null}</Page>;
}
