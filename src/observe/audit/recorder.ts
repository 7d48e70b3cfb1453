import type { Clock } from '../../clock.ts';
import { toRequestError } from '../../errors.ts';
import type { Credentials } from '../../identity/credentials.ts';
import { subjectClaim } from '../../policy/subject.ts';
import { toCanonicalName } from '../../identity/user-name.ts';
import type { Recorder, DeniedRequest } from '../../issue-token.ts';
import type { Grant } from '../../policy/decide.ts';
import { formatHost } from '../../net/host.ts';
import type { Realm } from '../../realm/realm.ts';
import { formatScope } from '../../scope/scope.ts';
import type { AuditLog } from '../../store/store.ts';
import type { AuditEvent } from '../../audit/event.ts';
import { createEventId } from '../../audit/event-id.ts';
import { formatEventText, type EventText } from '../../audit/event-text.ts';
import { PendingEvents, type EventSubject } from './pending-events.ts';
import type { Log } from '../log.ts';
import type { Meter } from '../meter.ts';
import { createDenialIds } from './denial-ids.ts';

/** Milliseconds between two groups. A crash loses at most this. */
const interval = 1000;
/** Kinds of events to a group: more at once would hold up the event loop, and keep more memory in use. */
const groupSize = 1000;
/** Kinds of events held while the database takes none (a full disk); the oldest are kept, later ones counted as lost. */
const capacity = 100_000;

/** Picks those of the names that somebody has. */
type FindNames = (names: readonly string[]) => Promise<ReadonlySet<string>>;

export interface AuditRecorder extends Recorder {
  /** Writes what is still held. */
  close(): Promise<void>;
}

/**
 * Writes issuances and refusals to the audit log in groups: a transaction a second or a thousand kinds, off the token's way.
 * @param known those of the names that a user or robot has. Only such a name is written down for who was refused: what
 *   else was typed may be a password in the wrong field.
 */
export function createAuditRecorder(
  auditLog: AuditLog,
  meter: Meter,
  log: Log,
  clock: Clock,
  known: FindNames,
): AuditRecorder {
  const refusalId = createDenialIds(clock);
  let held = new PendingEvents();
  /** Rows that were given to the log, which failed: were they written all the same? They stay as they are. */
  let unsure: readonly EventText[] = [];
  const timer = setInterval(() => void flush(), interval).unref();
  let writing: Promise<void> = Promise.resolve();

  /** One more of a kind that is held, or the first of its kind. */
  const count = (before: { times: number } | undefined, addFirst: () => void): void => {
    if (before !== undefined) {
      before.times++;
      return;
    }
    if (held.size + unsure.length < capacity) addFirst();
    else meter.auditLost();
    // Only in passing: where writing fails, the timer tries again, not every event.
    if (held.size === groupSize) void flush();
  };
  /** The held events as they may be written; held on where the names in them cannot be looked up. */
  const takeHeld = async (): Promise<EventText[]> => {
    const group = held;
    held = new PendingEvents();
    try {
      return group.texts(await knownOf(group, known));
    } catch (error) {
      group.addAll(held);
      held = group;
      throw error;
    }
  };
  const write = async (): Promise<void> => {
    try {
      if (unsure.length > 0) await auditLog.append(unsure, true);
      unsure = [];
      if (held.size === 0) return;
      unsure = await takeHeld();
      await auditLog.append(unsure);
      unsure = [];
    } catch (error) {
      log.error(
        'the audit log cannot be written; tokens are issued on, the events are kept and tried again',
        error,
      );
    }
  };
  const flush = (): Promise<void> => (writing = writing.then(write));

  return {
    issued: (request, { realm, subject, grants, token }) => {
      meter.issued(realm.kind);
      const asker = askerOf(request, realm);
      count(token.isShared ? held.shared(token.id, asker) : undefined, () => {
        const at = clock();
        const event = formatEventText({
          id: createEventId(at),
          at,
          outcome: 'issued',
          subject: subjectClaim(subject),
          address: asker.address,
          client: asker.client,
          host: asker.host,
          realm: realm.kind,
          asked: asker.asked,
          granted: formatGrants(grants),
          reason: grants.map(({ reason }) => reason).join('; '),
          tokenId: token.id,
          times: 1,
        });
        if (token.isShared) held.addShared(token.id, { at, asker, event, times: 1 });
        else held.addSingle({ at, event });
      });
    },
    denied: (request, realm, error) => {
      const { code } = toRequestError(error);
      meter.denied(code);
      const claimed = claimedBy(request.credentials);
      const asker = askerOf(request, realm);
      const id = refusalId([code, asker.address, asker.client, realm && asker.host].join('\n'));
      const kind = `${id}\n${asker.asked}\n${claimed}`;
      count(held.refused(kind), () => {
        const event: AuditEvent = {
          ...asker,
          id,
          at: clock(),
          outcome: 'refused',
          realm: realm?.kind ?? '',
          reason: code,
          subject: '',
          granted: '',
          tokenId: '',
          times: 1,
        };
        held.addRefused(kind, { event, claimed, times: 1 });
      });
      return id;
    },
    close: async () => {
      clearInterval(timer);
      await flush();
    },
  };
}

/** Those of the names in there that somebody has. */
async function knownOf(held: PendingEvents, known: FindNames): Promise<ReadonlySet<string>> {
  const claims = new Set<string>();
  for (const { claimed } of held.refusals) if (claimed !== undefined) claims.add(claimed);
  // A flood of guesses has as many names as events: they are looked up together, so that tokens wait less for them.
  return claims.size === 0 ? claims : known([...claims]);
}

/** A longer one is no name, and not worth a lookup. */
const longestName = 64;

function claimedBy(credentials: Credentials): string | undefined {
  if (credentials.kind !== 'password' || credentials.name.length > longestName) return undefined;
  return toCanonicalName(credentials.name);
}

function askerOf(request: DeniedRequest, realm: Realm | undefined): EventSubject {
  return {
    address: request.address,
    client: request.client,
    host: realm === undefined ? '' : formatHost(realm.host),
    asked: askedBy(request),
  };
}

function askedBy({ scopes }: DeniedRequest): string {
  return scopes.join(' ').slice(0, 2000);
}

function formatGrants(grants: readonly Grant[]): string {
  return grants
    .filter(({ actions }) => actions.length > 0)
    .map(({ scope, actions }) => formatScope({ ...scope, actions }))
    .join(' ');
}
