import { Page } from '../../components/layout/page.tsx';
import { FirstPush } from './first-push.tsx';

/** The guide to the first push as a page of its own. */
export function GuideScreen() {
  return (
    <Page title="Getting started" crumbs={[{ label: 'Overview', href: '/auth/' }]}>
      <FirstPush />
    </Page>
  );
}
