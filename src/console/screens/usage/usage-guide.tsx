import ChartColumn from 'lucide-static/icons/chart-column.svg';
import type { Page } from '../../api/types.ts';
import { useResource } from '../../api/use-resource.ts';
import { EmptyState, Skeleton } from '../../components/feedback/states.tsx';
import { CopyableCode } from '../../components/text/copyable.tsx';
import { useMe } from '../../state/session.tsx';

/** Shown if no image matches the filters. If no usage is known at all, it says how dockpass learns of it. */
export function NoUsage({ isUnused }: { readonly isUnused: boolean }) {
  const known = useResource<Page<object>>('/usage', { query: { limit: 1 } });
  const { isAdministrator } = useMe();
  if (known.isLoading && known.data === undefined) return <Skeleton lines={3} />;
  if (known.data === undefined || known.data.items.length > 0)
    return isUnused ? (
      <EmptyState Icon={ChartColumn} title="Every image is in use">
        Each tag that dockpass knows of was pulled or pushed in this time.
      </EmptyState>
    ) : (
      <EmptyState Icon={ChartColumn} title="No image was used">
        Choose a longer time or fewer filters.
      </EmptyState>
    );
  return (
    <EmptyState Icon={ChartColumn} title="No usage is known yet">
      {isAdministrator ? <HowToSwitchOn /> : 'Pulls and pushes appear here as soon as they happen.'}
    </EmptyState>
  );
}

const registryConfiguration = `notifications:
  events:
    includereferences: true
  endpoints:
    - name: dockpass
      url: http://127.0.0.1:5004/events
      headers:
        Authorization: [Bearer YOUR-SECRET]
      timeout: 5s
      threshold: 3
      backoff: 1s
      ignore:
        mediatypes: [application/octet-stream]`;

/** How the registry tells dockpass about pulls and pushes, as docs/usage.md describes it. */
function HowToSwitchOn() {
  return (
    <div class="stack-small usage-guide">
      <p>
        The registry tells dockpass about each pull and push. With <code>dockpass up</code> and with the files
        of <code>dockpass init</code> this is switched on: pull an image, and it appears here.
      </p>
      <p>
        If you run your own registry, set the same secret (<code>openssl rand -hex 32</code>) as{' '}
        <code>events.secret</code> in <code>dockpass.yml</code> and in the configuration of the registry, and
        restart both:
      </p>
      <CopyableCode text={registryConfiguration} label="Copy configuration" />
      <p>If it does not work, see “Check that it worked” in docs/usage.md.</p>
    </div>
  );
}
