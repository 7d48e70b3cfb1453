import { Page } from '../../components/layout/page.tsx';
import { useMe } from '../../state/session.tsx';
import { UsageContent } from './usage-content.tsx';

/** Which images are pulled and pushed, how often, when and by whom. */
export function UsageScreen() {
  const { isAdministrator } = useMe();
  return (
    <Page
      title="Usage"
      lead={`Which images are pulled and pushed, how often, when and by whom${isAdministrator ? '' : ', in the repositories that you may pull from'}.`}
    >
      <UsageContent />
    </Page>
  );
}
