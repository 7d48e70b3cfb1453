import type { Page, Session } from '../../api/types.ts';
import { useResource } from '../../api/use-resource.ts';
import { useMe } from '../../state/session.tsx';

interface IssuedEvent {
  readonly time: string;
  readonly address: string;
  readonly client: string;
}

export interface Progress {
  /** When and from where the person logged in with a client such as docker. */
  readonly login: { readonly at: string; readonly from: string | undefined } | undefined;
  /** True if the repository has a tag. */
  readonly isPushed: boolean;
}

const pollMs = 3000;

/**
 * Watches whether the person has logged in with docker and pushed the image. Administrators see logins in the audit log.
 * All others see them in their own sessions. The requests are marked as background requests, so they do not prolong the
 * session.
 */
export function useProgress(repository: string, isWatching: boolean): Progress {
  const { name, isAdministrator } = useMe();
  const polling = isWatching ? { pollMs } : {};
  const events = useResource<Page<IssuedEvent>>(isAdministrator ? '/audit' : undefined, {
    query: { user: name, outcome: 'issued', limit: 20 },
    ...polling,
  });
  const sessions = useResource<Page<Session>>(isAdministrator ? undefined : '/sessions', polling);
  const repositories = useResource<Page<{ readonly name: string }>>(
    repository === '' ? undefined : '/repositories',
    {
      query: { q: repository, limit: 20 },
      ...polling,
    },
  );
  const event = events.data?.items.find(({ client }) => !isBrowser(client));
  const session = sessions.data?.items.find(({ client }) => !isBrowser(client));
  const login =
    event !== undefined
      ? { at: event.time, from: event.address }
      : session !== undefined
        ? { at: session.createdAt, from: session.lastUsedFrom }
        : undefined;
  return { login, isPushed: repositories.data?.items.some((item) => item.name === repository) ?? false };
}

/** The console itself gets registry tokens, too. */
function isBrowser(client: string): boolean {
  return /^console\b|^Mozilla\//.test(client);
}
