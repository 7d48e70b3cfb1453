import type { Clock } from '../clock.ts';
import { DockpassError } from '../errors.ts';
import { subjectClaim } from '../identity/subject.ts';
import type { Recorder, TokenRequest } from '../issue-token.ts';
import type { Grant } from '../policy/decide.ts';
import { formatHost } from '../realm/host.ts';
import type { Realm } from '../realm/realm.ts';
import { formatScope } from '../scope/scope.ts';
import type { AuditLog } from '../store/store.ts';
import { newAuditId, type AuditEvent } from './audit-event.ts';
import type { Log } from './log.ts';
import type { Meter } from './meter.ts';

/** Milliseconds between two groups. A crash loses at most this. */
const interval = 1000;
/** Kinds of events to a group: more at once would hold up the event loop, and keep more memory in use. */
const groupSize = 1000;
/** Kinds of events held while the database takes none (a full disk); the oldest are kept, later ones counted as lost. */
const capacity = 100_000;

export interface AuditRecorder extends Recorder {
  /** Writes what is still held. */
  close(): Promise<void>;
}

/** Writes issuances and refusals to the audit log in groups: a transaction a second or a thousand kinds, off the token's way. */
export function auditRecorder(auditLog: AuditLog, meter: Meter, log: Log, clock: Clock): AuditRecorder {
  let held = new Map<string, Counted>();
  const timer = setInterval(() => void flush(), interval).unref();
  let writing: Promise<void> = Promise.resolve();

  const count = (key: string, event: () => AuditEvent): void => {
    const known = held.get(key);
    if (known !== undefined) known.times++;
    else if (held.size < capacity) held.set(key, { event: event(), times: 1 });
    else meter.auditLost();
    // Only in passing: where writing fails, the timer tries again, not every event.
    if (known === undefined && held.size === groupSize) void flush();
  };
  const write = async (): Promise<void> => {
    if (held.size === 0) return;
    const group = held;
    held = new Map();
    try {
      await auditLog.append([...group.values()].map(({ event, times }) => ({ ...event, times })));
    } catch (error) {
      log.error(
        'the audit log cannot be written; tokens are issued on, the events are kept and tried again',
        error,
      );
      for (const [key, counted] of held) group.set(key, counted);
      held = group;
    }
  };
  const flush = (): Promise<void> => (writing = writing.then(write));

  return {
    issued: (request, { realm, subject, grants, token }) => {
      meter.issued(realm.kind);
      count(`${token.id} ${request.address} ${request.client}`, () => ({
        ...commonPart(request, realm, clock()),
        outcome: 'issued',
        subject: subjectClaim(subject),
        granted: grants
          .filter(({ actions }) => actions.length > 0)
          .map(formatGrant)
          .join(' '),
        reason: grants.map(({ reason }) => reason).join('; '),
        tokenId: token.id,
      }));
    },
    refused: (request, realm, error) => {
      const code = error instanceof DockpassError ? error.code : 'internal';
      meter.refused(code);
      count(`${code} ${request.address} ${request.client} ${formatHost(request.host)}`, () => ({
        ...commonPart(request, realm, clock()),
        outcome: 'refused',
        // Nobody proved to be anyone; and what was typed as a name may be a password in the wrong field.
        subject: '',
        granted: '',
        reason: code,
        tokenId: '',
      }));
    },
    close: async () => {
      clearInterval(timer);
      await flush();
    },
  };
}

interface Counted {
  readonly event: AuditEvent;
  times: number;
}

function commonPart(request: TokenRequest, realm: Realm, at: number) {
  return {
    id: newAuditId(),
    at,
    address: request.address,
    client: request.client,
    host: formatHost(realm.host),
    realm: realm.kind,
    asked: request.scopes.join(' ').slice(0, 2000),
    times: 1,
  };
}

function formatGrant({ scope, actions }: Grant): string {
  return formatScope({ ...scope, actions });
}
