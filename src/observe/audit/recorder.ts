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
import { PendingEvents, type RequestDetails } from './pending-events.ts';
import type { Log } from '../log.ts';
import type { Meter } from '../meter.ts';
import { createDenialIds } from './denial-ids.ts';

/**
 * The interval in milliseconds at which events are written. If the server crashes, the events of at most this interval
 * are lost.
 */
const intervalMs = 1000;
/**
 * As soon as this many different events are pending, they are written as a batch. A larger batch would block the event
 * loop longer and use more memory.
 */
const batchSize = 1000;
/**
 * The maximum number of different events that are held in memory while the database cannot store events, for example
 * because the disk is full. If the maximum is reached, newer events are dropped and counted in a metric.
 */
const capacity = 100_000;

/** Returns the subset of `names` that belongs to existing users or robots. */
type FindNames = (names: readonly string[]) => Promise<ReadonlySet<string>>;

export interface AuditRecorder extends Recorder {
  /** Stops the recorder and writes the events that are still pending. */
  close(): Promise<void>;
}

/**
 * Creates the recorder of issued tokens and denied requests. It writes them to the audit log in batches, once a second
 * or as soon as a thousand different events are pending. No request waits for such a write (docs/adr/0033 has the
 * measurements).
 * @param findNames returns which of the given names exist. The recorder writes the user name of a denied request only
 *   if a user or robot has that name. Other names can be passwords that someone typed into the wrong field.
 */
export function createAuditRecorder(
  auditLog: AuditLog,
  meter: Meter,
  log: Log,
  clock: Clock,
  findNames: FindNames,
): AuditRecorder {
  const denialIdOf = createDenialIds(clock);
  let pending = new PendingEvents();
  /**
   * The batch that is being written, or that could not be written. If a write failed, the database may have stored the
   * batch nevertheless. Therefore the same batch is written again, and the database skips the events that it already
   * has.
   */
  let uncertain: readonly EventText[] = [];
  const timer = setInterval(() => void flush(), intervalMs).unref();
  let writing: Promise<void> = Promise.resolve();

  /** Counts an event. If an equal event is already pending, increases its count; if not, adds the new event. */
  const count = (existing: { times: number } | undefined, add: () => void): void => {
    if (existing !== undefined) {
      existing.times++;
      return;
    }
    if (pending.size + uncertain.length < capacity) add();
    else meter.auditLost();
    // The operator is ===, not >=, so that only the event that makes the batch full starts a write. If that write
    // fails, more events than `batchSize` can be pending. With >=, each further event would then start a write of its
    // own. With ===, the timer starts the next write.
    if (pending.size === batchSize) void flush();
  };
  /**
   * Removes all pending events and returns them as texts. Before that, looks up the user names that clients sent in
   * denied requests, because an event contains such a name only if a user or robot has it. If the lookup fails, throws
   * the error, and all events stay pending.
   */
  const takePending = async (): Promise<EventText[]> => {
    const batch = pending;
    pending = new PendingEvents();
    try {
      return batch.texts(await namesIn(batch, findNames));
    } catch (error) {
      batch.addAll(pending);
      pending = batch;
      throw error;
    }
  };
  const write = async (): Promise<void> => {
    try {
      if (uncertain.length > 0) await auditLog.append(uncertain, true);
      uncertain = [];
      if (pending.size === 0) return;
      uncertain = await takePending();
      await auditLog.append(uncertain);
      uncertain = [];
    } catch (error) {
      log.error(
        'cannot write the audit log; tokens are still issued, and the events stay in memory until writing succeeds',
        error,
      );
    }
  };
  const flush = (): Promise<void> => (writing = writing.then(write));

  return {
    issued: (request, { realm, subject, grants, token }) => {
      meter.issued(realm.kind);
      const details = detailsOf(request, realm);
      count(token.isShared ? pending.findShared(token.id, details) : undefined, () => {
        const at = clock();
        const event = formatEventText({
          id: createEventId(at),
          at,
          outcome: 'issued',
          subject: subjectClaim(subject),
          address: details.address,
          client: details.client,
          host: details.host,
          realm: realm.kind,
          asked: details.asked,
          granted: formatGrants(grants),
          reason: grants.map(({ reason }) => reason).join('; '),
          tokenId: token.id,
          times: 1,
        });
        if (token.isShared) pending.addShared(token.id, { at, request: details, event, times: 1 });
        else pending.addSingle({ at, event });
      });
    },
    denied: (request, realm, error) => {
      const { code } = toRequestError(error);
      meter.denied(code);
      const claimed = claimedName(request.credentials);
      const details = detailsOf(request, realm);
      const id = denialIdOf([code, details.address, details.client, realm && details.host].join('\n'));
      const key = `${id}\n${details.asked}\n${claimed}`;
      count(pending.findDenial(key), () => {
        const event: AuditEvent = {
          ...details,
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
        pending.addDenial(key, { event, claimed, times: 1 });
      });
      return id;
    },
    close: async () => {
      clearInterval(timer);
      await flush();
    },
  };
}

/** Returns the names from denied requests that belong to existing users or robots. */
async function namesIn(batch: PendingEvents, findNames: FindNames): Promise<ReadonlySet<string>> {
  const claims = new Set<string>();
  for (const { claimed } of batch.denials) if (claimed !== undefined) claims.add(claimed);
  // Look up all names with one call. An attacker can send a different name in each request, and a separate lookup for
  // each name would delay other requests more.
  return claims.size === 0 ? claims : findNames([...claims]);
}

/** The maximum length of a user or robot name. If a client sends a longer name, that name is not looked up. */
const maxNameLength = 64;

function claimedName(credentials: Credentials): string | undefined {
  if (credentials.kind !== 'password' || credentials.name.length > maxNameLength) return undefined;
  return toCanonicalName(credentials.name);
}

function detailsOf(request: DeniedRequest, realm: Realm | undefined): RequestDetails {
  return {
    address: request.address,
    client: request.client,
    host: realm === undefined ? '' : formatHost(realm.host),
    asked: formatRequested(request),
  };
}

function formatRequested({ scopes }: DeniedRequest): string {
  return scopes.join(' ').slice(0, 2000);
}

function formatGrants(grants: readonly Grant[]): string {
  return grants
    .filter(({ actions }) => actions.length > 0)
    .map(({ scope, actions }) => formatScope({ ...scope, actions }))
    .join(' ');
}
