import type { Session } from '../sessions.ts';
import { formatTime } from './time.ts';

/** Returns a session in the form that the command line and the API show, without its secret. */
export function sessionView({ id, user, host, client, browser, createdAt, lastUse, endsAt }: Session) {
  const [created, lastUsed] = [formatTime(createdAt), formatTime(lastUse.at)];
  return {
    name: id,
    id,
    user,
    host,
    client,
    browser: browser ?? null,
    created,
    createdAt: created,
    lastUsed,
    lastUsedAt: lastUsed,
    lastUsedFrom: lastUse.from,
    expires: formatTime(endsAt),
  };
}

export type SessionView = ReturnType<typeof sessionView>;

/** Returns a session as a row of the table of `session list`. */
export function sessionRow(view: SessionView) {
  const { id, user, host, client, browser, created, lastUsed, lastUsedFrom: from, expires } = view;
  const shown = browser === null || browser === '' ? client : `${client}: ${browser}`;
  return { id, user, host, created, expires, 'last used': lastUsed, from, client: shown.slice(0, 60) };
}
