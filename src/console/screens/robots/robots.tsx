import { useState } from 'preact/hooks';
import Bot from 'lucide-static/icons/bot.svg';
import Plus from 'lucide-static/icons/plus.svg';
import type { Robot } from '../../api/types.ts';
import { useList } from '../../api/use-list.ts';
import { ListView } from '../../components/data/list-view.tsx';
import { EmptyState } from '../../components/feedback/states.tsx';
import { Button } from '../../components/form/button.tsx';
import { SearchBox } from '../../components/form/search-box.tsx';
import { Page } from '../../components/layout/page.tsx';
import { Badge } from '../../components/text/badge.tsx';
import { Equivalent } from '../../components/text/equivalent.tsx';
import { OnlyList } from '../../components/text/rights.tsx';
import { Expiry, LastUse } from '../../components/text/time.tsx';
import { useQueryValue } from '../../state/use-query-value.ts';
import { CreateRobot } from './create-robot.tsx';
import { RobotState } from './robot-state.tsx';

/** All robots. */
export function RobotsScreen() {
  const [search, setSearch] = useQueryValue('q');
  const list = useList<Robot>('/robots', { q: search });
  const [isCreating, setCreating] = useState(false);
  const addButton = (
    <Button kind="primary" Icon={Plus} onClick={() => setCreating(true)}>
      Create robot
    </Button>
  );
  return (
    <Page
      title="Robots"
      lead="Accounts for machines, such as CI jobs and clusters. Each has only its own rights, and a secret that you can rotate."
      actions={addButton}
    >
      <div class="toolbar">
        <SearchBox label="Search robots" value={search} onSearch={setSearch} />
      </div>
      <ListView
        list={list}
        caption="Robots"
        keyOf={({ name }) => name}
        isFiltered={search !== ''}
        empty={
          <EmptyState Icon={Bot} title="There are no robots yet" action={addButton}>
            Create a robot for each machine that pulls or pushes, so that you can limit and replace it on its
            own.
          </EmptyState>
        }
        columns={[
          {
            label: 'Name',
            isName: true,
            render: ({ name, api, description }) => (
              <>
                <a href={`/auth/robots/${encodeURIComponent(name)}`}>{name}</a>{' '}
                {api === true && <Badge kind="accent">API</Badge>}
                {description && <span class="cell-note">{description}</span>}
              </>
            ),
          },
          { label: 'State', render: (robot) => <RobotState robot={robot} /> },
          { label: 'Limited to', render: ({ only }) => <OnlyList only={only} /> },
          { label: 'Expires', render: ({ expires }) => <Expiry value={expires} /> },
          {
            label: 'Last used',
            render: ({ lastUsed, lastUsedFrom }) => <LastUse at={lastUsed} from={lastUsedFrom} />,
          },
          { label: 'Owner', render: ({ owner }) => owner || <span class="muted">none</span> },
        ]}
      />
      <Equivalent command="dockpass robot list" api={{ method: 'GET', path: '/robots' }} />
      {isCreating && <CreateRobot onClose={() => setCreating(false)} onCreated={() => void list.reload()} />}
    </Page>
  );
}
