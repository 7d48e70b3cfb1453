import Compass from 'lucide-static/icons/compass.svg';
import { EmptyState } from '../../components/feedback/states.tsx';
import { LinkButton } from '../../components/form/button.tsx';
import { Page } from '../../components/layout/page.tsx';

/** Shown for an address that has no screen, or none that the person may use. */
export function NotFound() {
  return (
    <Page title="Page not found">
      <EmptyState
        Icon={Compass}
        title="There is nothing at this address"
        action={<LinkButton href="/auth/">Go to the overview</LinkButton>}
      >
        The address is wrong, or your role does not include this page.
      </EmptyState>
    </Page>
  );
}
