import { requestErrorCodes, type RequestErrorCode } from '../errors.ts';
import type { AuditEvent } from '../audit/event.ts';
import { formatEvent } from '../audit/format-event.ts';
import type { Ports } from '../store/store.ts';
import { explainDenial } from './denial-meaning.ts';

export interface ExplainedEvent {
  /** The subject's name, empty for nobody. */
  readonly name: string;
  readonly event: AuditEvent;
  /** The event, as a line for people. */
  readonly line: string;
  /** What it means, and what to do. */
  readonly meaning: readonly string[];
}

/** What the audit log has under an id that a refusal showed; more than one where a client was refused alike again. */
export async function explainEvents(
  id: string,
  ports: Pick<Ports, 'auditLog' | 'users' | 'robots'>,
): Promise<ExplainedEvent[]> {
  const events = await ports.auditLog.list({ id, limit: 100 });
  return Promise.all(
    events.map(async (event) => ({
      name: event.subject,
      event,
      line: formatEvent(event),
      meaning: [...meaningOf(event), ...(await stateOf(event, ports))],
    })),
  );
}

function meaningOf({ outcome, reason }: AuditEvent): string[] {
  const code = requestErrorCodes.find((known) => known === reason) satisfies RequestErrorCode | undefined;
  return outcome === 'refused' && code !== undefined ? [explainDenial[code]] : [];
}

/** What is known now of the name that was tried; the person was not told. */
async function stateOf(
  { outcome, reason, subject }: AuditEvent,
  { users, robots }: Pick<Ports, 'users' | 'robots'>,
): Promise<string[]> {
  if (outcome !== 'refused' || reason !== 'wrong_credentials') return [];
  if (subject === '') return ['the name that was tried is no user or robot here'];
  const found = (await users.find(subject)) ?? (await robots.find(subject));
  if (found === undefined)
    return [`${subject} is no user or robot of the database now; the htpasswd file may hold it`];
  if (found.disabled)
    return [`${subject} is disabled: "dockpass ${'role' in found ? 'user' : 'robot'} enable ${subject}"`];
  if ('passwordHash' in found && found.passwordHash === null)
    return [`${subject} has no password yet: "dockpass user passwd ${subject}"`];
  return [`${subject} is there and not disabled: what was sent as the password was wrong or has expired`];
}
