import { parseClient } from '../audit/used-credential.ts';
import { listsRepository } from '../audit/scope-list.ts';
import type { Config } from '../config/load.ts';
import { formatTime } from '../admin/views/time.ts';
import type { AuditLog, AuditPlace, AuditRow, ReceivedEvent } from '../store/store.ts';

/** The registry token with which a client most likely sent a request, as the audit log knows it. */
export interface UsedTokenView {
  /** The id of the row of the audit log. `dockpass explain ID` shows it. */
  readonly auditId: string;
  /** The claim `jti`. Null for an anonymous client. */
  readonly id: string | null;
  readonly issuedAt: string;
  /** The address to which the token was issued. */
  readonly address: string;
  /** The name of the access token of the user. Null if the login was with something else. */
  readonly accessToken: string | null;
  /** The job that logged in with a JWT. Null if the login was with something else. */
  readonly job: string | null;
}

/** Returns the longest lifetime of a registry token, in seconds. */
export function longestLifetime({ pullLifetime, pushLifetime }: Config['tokens']): number {
  return Math.max(pullLifetime, pushLifetime);
}

/** The clocks of the registry and of dockpass may differ by this much, in milliseconds. */
const clockToleranceMs = 5000;
const rowsAtOnce = 50;
/** The number of queries for one event. On a busy server, each examines a few seconds of the audit log. */
const maxQueries = 20;

/**
 * Creates a function that finds the tokens of events, which must be given with the latest first. Events do not name a
 * token, so it finds the last token before the event that was issued to the same subject for the same repository, if
 * possible to the same address.
 * @param lifetime the longest lifetime of a registry token, in seconds
 */
export function createTokenFinder(
  auditLog: Pick<AuditLog, 'newest'>,
  lifetime: number,
): (event: ReceivedEvent) => Promise<UsedTokenView | null> {
  const known = new Map<string, AuditRow>();
  return async (event) => {
    const key = JSON.stringify([event.actor, event.repository, event.address, actionOf(event)]);
    const last = known.get(key);
    // The token of a later event is also the last one before this event, if it was issued before it.
    const isSame = last !== undefined && last.at <= event.at + clockToleranceMs;
    const row = isSame ? last : await findRow(auditLog, event, lifetime);
    if (row === undefined || row.at < event.at - lifetime * 1000 - clockToleranceMs) return null;
    known.set(key, row);
    return viewOf(row);
  };
}

async function findRow(
  auditLog: Pick<AuditLog, 'newest'>,
  event: ReceivedEvent,
  lifetime: number,
): Promise<AuditRow | undefined> {
  const { actor, repository, address, at } = event;
  const query = {
    ...{ subject: actor, repository, outcome: 'issued' as const, limit: rowsAtOnce },
    since: at - lifetime * 1000 - clockToleranceMs,
    until: at + clockToleranceMs,
  };
  let elsewhere: AuditRow | undefined;
  let before: AuditPlace | undefined;
  for (let queries = 0; queries < maxQueries; queries++) {
    const page = await auditLog.newest({ ...query, before });
    const rows = page.rows.filter(({ granted }) => listsRepository(granted, repository, actionOf(event)));
    const here = rows.find((row) => row.address === address);
    if (here !== undefined) return here;
    // An anonymous client at another address is another client.
    if (actor !== '') elsewhere ??= rows[0];
    before = page.next;
    if (before === undefined) break;
  }
  return elsewhere;
}

function actionOf({ kind }: ReceivedEvent): string {
  return kind === 'push' ? 'push' : 'pull';
}

function viewOf({ id, tokenId, at, address, client }: AuditRow): UsedTokenView {
  const { accessToken = null, job = null } = parseClient(client);
  const issuedAt = formatTime(Math.floor(at / 1000));
  return { auditId: id, id: tokenId || null, issuedAt, address, accessToken, job };
}
