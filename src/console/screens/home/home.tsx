import { Page } from '../../components/layout/page.tsx';
import { useMe } from '../../state/session.tsx';
import { Activity } from './activity.tsx';
import { FirstPush } from './first-push.tsx';
import { Images } from './images.tsx';
import { Warnings } from './warnings.tsx';

/** The overview: what is wrong, how to begin, the images, and for administrators what happened last. */
export function Home() {
  const { name, isAdministrator } = useMe();
  return (
    <Page title="Overview" lead={`Signed in as ${name} on ${location.host}.`}>
      {isAdministrator && <Warnings />}
      <FirstPush isCollapsible />
      <Images />
      {isAdministrator && <Activity />}
    </Page>
  );
}
