import Package from 'lucide-static/icons/package.svg';
import type { Page } from '../../api/types.ts';
import { useResource } from '../../api/use-resource.ts';
import { EmptyState, ErrorState, Skeleton } from '../../components/feedback/states.tsx';
import { Section } from '../../components/layout/page.tsx';

const shownCount = 8;
const pollMs = 10_000;

/** The first repositories that the person may pull. */
export function Images() {
  const { data, error, reload } = useResource<Page<{ readonly name: string }>>('/repositories', {
    query: { limit: shownCount },
    pollMs,
  });
  return (
    <Section title="Images" actions={<a href="/auth/repositories">All repositories</a>}>
      {error !== undefined && <ErrorState error={error} onRetry={() => void reload()} />}
      {error === undefined && data === undefined && <Skeleton lines={3} label="Loading the repositories" />}
      {data?.items.length === 0 && (
        <EmptyState Icon={Package} title="No images yet">
          Images that you may pull appear here after the first push.
        </EmptyState>
      )}
      {data !== undefined && data.items.length > 0 && (
        <ul class="tiles">
          {data.items.map(({ name }) => (
            <li key={name}>
              <a class="tile" href={`/auth/repositories/${encodeURIComponent(name)}`}>
                <Package />
                {name}
              </a>
            </li>
          ))}
        </ul>
      )}
    </Section>
  );
}
