import { Page } from '../../components/layout/page.tsx';

/** The overview. */
export function Home() {
  return <Page title="Overview">{null}</Page>;
}
