import type { Session } from '../../admin/sessions.ts';
import { formatTime } from '../output.ts';

/** Returns a session in the form that `--json` prints, without the hash of its refresh token. */
export function publicView({ id, user, host, client, createdAt, lastUse, endsAt }: Session) {
  return {
    name: id,
    user,
    host,
    client,
    created: formatTime(createdAt),
    lastUsed: formatTime(lastUse.at),
    lastUsedFrom: lastUse.from,
    expires: formatTime(endsAt),
  };
}

export type SessionView = ReturnType<typeof publicView>;

/** Returns a session as a row of the table of `session list`. */
export function tableRow(session: SessionView): Record<string, string> {
  const { name: id, lastUsed, lastUsedFrom: from, client, ...rest } = session;
  return { id, ...rest, 'last used': lastUsed, from, client: client.slice(0, 60) };
}
