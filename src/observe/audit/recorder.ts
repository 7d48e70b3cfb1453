import type { Clock } from '../../clock.ts';
import { toRequestError, type RequestErrorCode } from '../../errors.ts';
import type { Credentials } from '../../identity/credentials.ts';
import { looksLikeJwt } from '../../identity/token/jwt-form.ts';
import { subjectClaim, type Subject } from '../../policy/subject.ts';
import { toCanonicalName } from '../../identity/user-name.ts';
import type { Recorder, DeniedRequest } from '../../issue-token.ts';
import type { Grant } from '../../policy/decide.ts';
import { formatHost } from '../../net/host.ts';
import type { Realm } from '../../realm/realm.ts';
import { formatScope } from '../../scope/scope.ts';
import type { AuditLog } from '../../store/store.ts';
import { createEventId } from '../../audit/event-id.ts';
import { formatClient, type UsedCredential } from '../../audit/used-credential.ts';
import { formatEventText, type EventText } from '../../audit/event-text.ts';
import { joinBounded } from '../../audit/scope-list.ts';
import { createDenialIds } from './denial-ids.ts';
import { eventLimits, provenBytes, unprovenLimits } from './limits.ts';
import { PendingEvents, type RequestDetails } from './pending-events.ts';
import { UnprovenEvents, type UnprovenClient } from './unproven-events.ts';
import type { Log } from '../log.ts';
import type { Meter } from '../meter.ts';

/**
 * The interval in milliseconds at which events are written. If the server crashes, the events of at most this interval
 * are lost.
 */
const intervalMs = 1000;
/**
 * As soon as this many different events of known users and robots are pending, they are written as a batch. A larger
 * batch would block the event loop longer and use more memory. Unproven events (denied requests, and tokens for
 * anonymous clients) are written only once in each interval, so that no one can make the server write faster.
 */
const batchSize = 1000;

/** Returns the subset of `names` that belongs to existing users or robots. */
type FindNames = (names: readonly string[]) => Promise<ReadonlySet<string>>;

export interface AuditRecorder extends Recorder {
  /** Stops the recorder and writes the events that are still pending. */
  close(): Promise<void>;
}

/**
 * Creates the recorder of issued tokens and denied requests. It writes them to the audit log in batches. No request
 * waits for such a write (docs/adr/0033 has the measurements).
 *
 * Events that anyone can cause are held and written separately from the events of known users and robots, and have
 * their own limits (limits.ts).
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
  let unproven = new UnprovenEvents();
  /**
   * The denied requests and tokens for anonymous clients that will be written next. They were collected in `unproven`
   * and then moved here. Before they are written, the user names in them are looked up in the database. If the lookup
   * fails, the events stay here.
   */
  let unresolved: UnprovenEvents | undefined;
  const provenBatch = createBatch((events, isRetry) => auditLog.append(events, isRetry));
  const unprovenBatch = createBatch((events, isRetry) => auditLog.append(events, isRetry, 'unproven'));
  let lacksSpace = false;
  let writing: Promise<void> = Promise.resolve();

  /** Counts a token. If an equal event is already pending, increases its count; if not, adds the new event. */
  const count = (existing: { times: number } | undefined, add: () => void): void => {
    if (existing !== undefined) {
      existing.times++;
      return;
    }
    if (pending.bytes + provenBatch.bytes() < provenBytes) add();
    else meter.auditLost(1);
    // A write starts when the batch becomes full. The comparison is not >=, because after a failed write, each further
    // event would start another write. The timer repeats failed writes.
    if (pending.size === batchSize) void flush(writeProven);
  };
  const writeProven = async (): Promise<void> => {
    await provenBatch.write(async () => {
      const { bytes } = pending;
      const events = pending.texts();
      pending = new PendingEvents();
      return { events, bytes };
    });
  };
  const writeUnproven = async (): Promise<void> => {
    if (unproven.isEmpty && unresolved === undefined && unprovenBatch.bytes() === 0) return;
    await checkSpace();
    if (lacksSpace) {
      meter.auditLost(unproven.count + (unresolved?.count ?? 0));
      unproven = new UnprovenEvents();
      unresolved = undefined;
      return;
    }
    await unprovenBatch.write(async () => {
      if (unresolved === undefined) {
        unresolved = unproven;
        unproven = new UnprovenEvents();
      }
      const names = await namesOf(unresolved, findNames);
      const events = unresolved.texts(names, clock());
      unresolved = undefined;
      return { events, bytes: unprovenLimits.bytes };
    });
  };
  const checkSpace = async (): Promise<void> => {
    const before = lacksSpace;
    lacksSpace = await auditLog.lacksSpace();
    if (lacksSpace && !before)
      log.warn(
        'the disk of the database is almost full; the audit log no longer records denied requests and anonymous tokens. Free some space',
      );
    if (before && !lacksSpace)
      log.info(
        'the disk of the database has enough free space again. The audit log now records denied requests and anonymous tokens, as before',
      );
  };
  const writeAll = async (): Promise<void> => {
    await writeProven();
    await writeUnproven();
  };
  const flush = (write: () => Promise<void>): Promise<void> =>
    (writing = writing.then(write).catch((error: unknown) => {
      log.error(
        'cannot write the audit log; tokens are still issued, and the events stay in memory until writing succeeds',
        error,
      );
    }));
  const timer = setInterval(() => void flush(writeAll), intervalMs).unref();

  return {
    issued: (request, issuance) => {
      const { realm, subject, grants, token } = issuance;
      meter.issued(realm.kind);
      if (subject.kind === 'anonymous') {
        unproven.addAnonymous(clientOf(request, realm), clock(), request.scopes, issuance);
        return;
      }
      if (subject.kind === 'ci' && subject.through === 'JWT') meter.jwtLogin('accepted');
      const details = detailsOf(request, realm, subject);
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
          reason: boundedList(grants.map(({ reason }) => reason).join('; '), '; ', eventLimits.reasons),
          tokenId: token.id,
          times: 1,
        });
        if (token.isShared) pending.addShared(token.id, { at, event });
        else pending.addSingle({ at, event });
      });
    },
    denied: (request, realm, error) => {
      const { code, auditDetail } = toRequestError(error);
      meter.denied(code);
      if (rejectedJwtCodes.has(code)) meter.jwtLogin('rejected');
      const client = clientOf(request, realm);
      const id = denialIdOf([code, client.address, client.client, client.host].join('\n'));
      const denial = { id, at: clock(), asked: request.scopes.join(' '), code, detail: auditDetail };
      unproven.addDenial(client, denial, claimedName(request.credentials));
      return id;
    },
    close: async () => {
      clearInterval(timer);
      await flush(writeAll);
    },
  };
}

/** A batch of events with the approximate number of bytes that it needs in memory. */
interface Taken {
  readonly events: readonly EventText[];
  readonly bytes: number;
}

/**
 * Creates a writer that writes one batch after the other. If a write fails, the database may have stored the batch
 * nevertheless. Therefore the next write first sends the same batch again, marked as a retry, so that the database does
 * not store the events twice.
 */
function createBatch(append: (events: readonly EventText[], isRetry: boolean) => Promise<void>) {
  let uncertain: Taken = { events: [], bytes: 0 };
  return {
    /**
     * Returns the size in bytes of the batch that is being written or whose last write failed. Returns 0 if there is no
     * such batch.
     */
    bytes: () => uncertain.bytes,
    write: async (take: () => Promise<Taken>): Promise<void> => {
      if (uncertain.events.length > 0) await append(uncertain.events, true);
      uncertain = { events: [], bytes: 0 };
      const taken = await take();
      if (taken.events.length === 0) return;
      uncertain = taken;
      await append(taken.events, false);
      uncertain = { events: [], bytes: 0 };
    },
  };
}

/** Returns the names from denied requests that belong to existing users or robots. */
async function namesOf(unproven: UnprovenEvents, findNames: FindNames): Promise<ReadonlySet<string>> {
  const claims = unproven.claims();
  // An attacker can send a different name in each request. One lookup for all names delays other requests less than one
  // lookup for each name.
  return claims.size === 0 ? claims : findNames([...claims]);
}

const rejectedJwtCodes: ReadonlySet<RequestErrorCode> = new Set(['jwt_rejected', 'invalid_subject_token']);

/** The maximum length of a user or robot name. If a client sends a longer name, that name is not looked up. */
const maxNameLength = 64;

/** The user name that comes with a JWT means nothing, so it is not recorded. */
function claimedName(credentials: Credentials): string | undefined {
  if (credentials.kind !== 'password' || credentials.name.length > maxNameLength) return undefined;
  if (looksLikeJwt(credentials.password.reveal())) return undefined;
  return toCanonicalName(credentials.name);
}

function clientOf({ address, client }: DeniedRequest, realm: Realm | undefined): UnprovenClient {
  return {
    address,
    client,
    host: realm === undefined ? '' : formatHost(realm.host),
    realm: realm?.kind ?? '',
  };
}

/**
 * For an access token, the client is followed by the name of the token; for a job that has logged in with a JWT, by what
 * the JWT says about the job.
 */
function detailsOf(request: DeniedRequest, realm: Realm, subject: Subject): RequestDetails {
  return {
    address: request.address,
    client: formatClient(request.client, usedCredential(subject)),
    host: formatHost(realm.host),
    asked: boundedList(request.scopes.join(' '), ' ', eventLimits.scopes),
  };
}

function usedCredential(subject: Subject): UsedCredential {
  if (subject.kind === 'user') return { accessToken: subject.tokenName };
  return subject.kind === 'ci' ? { job: subject.job } : {};
}

function formatGrants(grants: readonly Grant[]): string {
  const granted = grants
    .filter(({ actions }) => actions.length > 0)
    .map(({ scope, actions }) => formatScope({ ...scope, actions }))
    .join(' ');
  return boundedList(granted, ' ', eventLimits.scopes);
}

/** Shortens a list that is longer than `maxLength` characters. Other lists are not changed. */
function boundedList(list: string, separator: string, maxLength: number): string {
  return list.length <= maxLength ? list : joinBounded(list.split(separator), separator, maxLength);
}
