import { DockpassError } from '../errors.ts';
import type { AuditEvent } from '../audit/event.ts';
import { parseDenialReason } from '../audit/denial-reason.ts';
import { formatEvent } from '../audit/format-event.ts';
import { missingScopes } from '../audit/scope-list.ts';
import type { Ports } from '../store/store.ts';
import { explainDenial } from './denial-meaning.ts';

export interface ExplainedEvent {
  /** The name of the user or robot. Empty if the client was not logged in. */
  readonly name: string;
  readonly event: AuditEvent;
  /** The event as one line of text. */
  readonly line: string;
  /** Sentences that say what the event means and what to do. */
  readonly meaning: readonly string[];
}

/**
 * Finds the audit log events with an id that a client received in an error message. Several events can have the same
 * id, because similar errors of one client within a minute share one id.
 * @param now milliseconds since the epoch
 */
export async function explainEvents(
  id: string,
  ports: Pick<Ports, 'auditLog' | StatePorts>,
  now: number,
): Promise<ExplainedEvent[]> {
  const events = await ports.auditLog.list({ id, limit: 100 });
  return Promise.all(
    events.map(async (event) => ({
      name: event.subject,
      event,
      line: formatEvent(event),
      meaning: [...meaningOf(event), ...(await stateOf(event, ports, now))],
    })),
  );
}

/** The form of an event id, such as `3stag409zq69`. */
export const eventIdGrammar = /^[0-9a-z]{12}$/;

/**
 * Finds the events with an id, as `explainEvents` does, at least one.
 * @throws DockpassError `no_such_event`
 */
export async function explainEventsById(
  id: string,
  ports: Pick<Ports, 'auditLog' | StatePorts>,
  now: number,
): Promise<ExplainedEvent[]> {
  const explained = await explainEvents(id, ports, now);
  if (explained.length > 0) return explained;
  throw new DockpassError(
    'no_such_event',
    `the audit log has no event ${id}. The event may be older than audit.keep, or it may be in the audit log of another server. If the event is less than a second old, run the command again.`,
  );
}

function meaningOf(event: AuditEvent): string[] {
  const { outcome, reason } = event;
  if (outcome === 'issued') return meaningOfNarrowToken(event);
  const denial = outcome === 'refused' ? parseDenialReason(reason) : undefined;
  return denial === undefined ? [] : [explainDenial[denial.code]];
}

type StatePorts = 'users' | 'htpasswdUsers' | 'robots' | 'accessTokens';

/**
 * If a token grants less than the client requested, returns sentences that say so. The registry then denies the request
 * itself, and dockpass does not see its answer. So the sentences quote the words with which registries and clients
 * report this.
 */
function meaningOfNarrowToken({ asked, granted, subject, host }: AuditEvent): string[] {
  const missing = missingScopes(asked, granted);
  if (missing.length === 0) return [];
  const who = subject === '' ? '' : ` --user ${subject}`;
  return [
    `The token does not grant ${missing.join(' ')}. If the client needs this, the registry denies the request itself, with words such as "requested access to the resource is denied", "insufficient_scope" or "authentication required", and without an id.`,
    `To see what decides, run "dockpass explain --host ${host}${who} ${missing.join(' ')}".`,
  ];
}

/**
 * For a failed login, returns a sentence about the state of the user or robot in the database. Only administrators see
 * this sentence. Clients never receive it, because it would reveal which users exist.
 */
async function stateOf(
  { outcome, reason, subject }: AuditEvent,
  { users, htpasswdUsers, robots, accessTokens }: Pick<Ports, StatePorts>,
  now: number,
): Promise<string[]> {
  if (outcome !== 'refused' || reason !== 'wrong_credentials') return [];
  if (subject === '') return ['The user name that the client sent does not belong to any user or robot.'];
  const found = (await users.find(subject)) ?? (await robots.find(subject));
  if (found === undefined && (await htpasswdUsers.isBlocked(subject)))
    return [`${subject} is disabled. Run "dockpass user enable ${subject}" to enable it.`];
  if (found === undefined)
    return [`${subject} is not a user or robot in the database. The user may be in the htpasswd file.`];
  if (found.disabled)
    return [
      `${subject} is disabled. Run "dockpass ${'role' in found ? 'user' : 'robot'} enable ${subject}" to enable it.`,
    ];
  if ('expiresAt' in found && isOver(found.expiresAt, now))
    return [
      `${subject} is a robot that expired at ${formatTime(found.expiresAt)}. Run "dockpass robot rotate ${subject} --expires 365d" to renew it.`,
    ];
  const expired = (await accessTokens.list(subject)).filter(({ expiresAt }) => isOver(expiresAt, now));
  const aboutTokens =
    expired.length === 0
      ? []
      : [`These access tokens of ${subject} have expired: ${expired.map(({ name }) => name).join(', ')}.`];
  if ('passwordHash' in found && found.passwordHash === null)
    return [
      `${subject} has no password yet. Run "dockpass user passwd ${subject}" to set one.`,
      ...aboutTokens,
    ];
  return [
    `${subject} exists and is not disabled. The password, token or secret was wrong or has expired.`,
    ...aboutTokens,
  ];
}

function isOver(expiresAt: number | null, now: number): expiresAt is number {
  return expiresAt !== null && now >= expiresAt * 1000;
}

/** Formats a time in UTC. @param seconds seconds since the epoch */
function formatTime(seconds: number): string {
  return new Date(seconds * 1000).toISOString().replace('.000Z', 'Z');
}
