import { useState } from 'preact/hooks';
import { useLocation } from 'preact-iso/router';
import Pencil from 'lucide-static/icons/pencil.svg';
import Power from 'lucide-static/icons/power.svg';
import PowerOff from 'lucide-static/icons/power-off.svg';
import RefreshCcwDot from 'lucide-static/icons/refresh-ccw-dot.svg';
import Trash from 'lucide-static/icons/trash-2.svg';
import { call, pathTo } from '../../api/client.ts';
import type { Robot } from '../../api/types.ts';
import { useResource } from '../../api/use-resource.ts';
import { DataTable } from '../../components/data/data-table.tsx';
import { Details } from '../../components/data/details.tsx';
import { Alert } from '../../components/feedback/alert.tsx';
import { ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { Button } from '../../components/form/button.tsx';
import { parseRight } from '../../components/form/only-fields.tsx';
import { Page, Section } from '../../components/layout/page.tsx';
import { Equivalent, quoted } from '../../components/text/equivalent.tsx';
import { Actions, formatOnly, Pattern } from '../../components/text/rights.tsx';
import { Expiry, LastUse, Time } from '../../components/text/time.tsx';
import type { ScreenProps } from '../../state/screen-props.ts';
import { useAction } from '../../state/use-action.ts';
import { useToast } from '../../state/toasts.tsx';
import { RobotDialogs, type RobotDialog } from './robot-dialogs.tsx';
import { RobotState } from './robot-state.tsx';
import { UsedBy } from '../usage/used-by.tsx';

/** One robot: its rights, expiry and last use. */
export function RobotScreen({ params }: ScreenProps) {
  const name = params['name'] ?? '';
  const path = pathTo('robots', name);
  const robot = useResource<Robot>(path);
  const { route } = useLocation();
  const [dialog, setDialog] = useState<RobotDialog>();
  const action = useAction();
  const toast = useToast();
  const enable = (): void =>
    action.run(async () => {
      await call('PATCH', path, { body: { disabled: false }, etag: robot.etag });
      await robot.reload();
      toast(`The robot ${name} can log in again.`);
    });
  return (
    <Page
      title={name}
      crumbs={[{ label: 'Robots', href: '/auth/robots' }]}
      badges={robot.data && <RobotState robot={robot.data} />}
      actions={
        robot.data && (
          <>
            <Button Icon={RefreshCcwDot} onClick={() => setDialog('rotate')}>
              Rotate secret
            </Button>
            <Button Icon={Pencil} onClick={() => setDialog('edit')}>
              Edit
            </Button>
            {robot.data.disabled ? (
              <Button Icon={Power} isBusy={action.isBusy} onClick={enable}>
                Enable
              </Button>
            ) : (
              <Button Icon={PowerOff} onClick={() => setDialog('disable')}>
                Disable
              </Button>
            )}
            <Button Icon={Trash} onClick={() => setDialog('remove')}>
              Remove
            </Button>
          </>
        )
      }
    >
      {action.error !== undefined && <Alert kind="error">{action.error.message}</Alert>}
      {robot.error !== undefined && <ErrorState error={robot.error} onRetry={() => void robot.reload()} />}
      {robot.data === undefined && robot.error === undefined && (
        <Skeleton lines={6} label="Loading the robot" />
      )}
      {robot.data !== undefined && (
        <>
          <Details
            items={[
              ['Expires', <Expiry value={robot.data.expires} />],
              ['Last used', <LastUse at={robot.data.lastUsed} from={robot.data.lastUsedFrom} />],
              ['Created', <Time value={robot.data.created} never="unknown" />],
              ['May use the API', robot.data.api === true ? 'yes' : 'no'],
              ['Owner', robot.data.owner || <span class="muted">none</span>],
              ['Description', robot.data.description || <span class="muted">none</span>],
            ]}
          />
          <Section title="Rights on repositories" lead="The robot never has more than these rights.">
            <DataTable
              caption={`Rights of ${name}`}
              rows={robot.data.only.map(formatOnly).map(parseRight)}
              keyOf={({ pattern }) => pattern}
              columns={[
                { label: 'Repositories', isName: true, render: ({ pattern }) => <Pattern text={pattern} /> },
                { label: 'Actions', render: ({ actions }) => <Actions actions={actions} /> },
              ]}
            />
          </Section>
          <UsedBy subject={name} />
          <Equivalent command={`dockpass robot show ${quoted(name)}`} api={{ method: 'GET', path }} />
        </>
      )}
      {robot.data !== undefined && dialog !== undefined && (
        <RobotDialogs
          dialog={dialog}
          robot={robot.data}
          etag={robot.etag}
          onChanged={() => void robot.reload()}
          onRemoved={() => route('/auth/robots')}
          onClose={() => setDialog(undefined)}
        />
      )}
    </Page>
  );
}
