import type { Clock } from '../../../../src/clock.ts';
import { addUser } from '../../../../src/admin/users.ts';
import { createRobot } from '../../../../src/admin/robots.ts';
import type { Role } from '../../../../src/policy/rights.ts';
import { Secret } from '../../../../src/secret.ts';
import type { RefreshToken, Store } from '../../../../src/store/store.ts';

/** A new, empty database for one test of the administration layer. */
export interface AdminDatabase {
  /** The value of the setting `database` for this database. */
  readonly location: string;
  connect(): Promise<Store>;
  /** Runs SQL statements, as another program or an older version of dockpass does. */
  execute(...statements: readonly string[]): Promise<void>;
  /** Makes every insert into the table fail until the returned function is called. */
  rejectRowsOf(table: string): Promise<() => Promise<void>>;
}

export type NewAdminDatabase = () => Promise<AdminDatabase>;

/**
 * The time of `clock`, in milliseconds since the epoch. The time is not a whole second, so that tests fail if a unit or
 * the rounding is wrong.
 */
export const now = 1_700_000_000_123;
export const clock: Clock = () => now;
export const nowInSeconds = 1_700_000_000;

export const password = new Secret('correct horse battery');
const minLength = 15;

export const add = (store: Store, name: string, role: Role = 'writer'): Promise<string> =>
  addUser(store, clock, { name, role, password, minLength });

export const addRobot = async (store: Store, name: string): Promise<string> =>
  (await createRobot(store, clock, { name, only: [{ pattern: '**', actions: ['pull'] }], expiresIn: 60 }))
    .robot.name;

/** Adds a session of the user that began at the time of `clock`. */
export async function addSession(
  store: Store,
  user: string,
  id: string,
  change: Partial<RefreshToken> = {},
): Promise<void> {
  await store.refreshTokens.add({
    ...{ hash: id.padEnd(64, '0'), id, user, service: 'registry', host: 'a.example.com', client: 'docker' },
    ...{ createdAt: nowInSeconds, expiresAt: nowInSeconds + 1000 },
    lastUse: { at: nowInSeconds, from: '192.0.2.1' },
    ...change,
  });
}

/** Returns the reasons of all events in the audit log, oldest first. */
export async function auditReasons(store: Store): Promise<string[]> {
  return (await store.auditLog.list({})).map(({ reason }) => reason);
}

/** Returns all data in the store that administrative operations can change. */
export async function contentsOf(store: Store) {
  return {
    users: await store.users.list(),
    groups: await store.groups.list(),
    grants: await store.grants.list(),
    accessTokens: await store.accessTokens.list(),
    robots: await store.robots.list(),
    sessions: await store.refreshTokens.list(),
    consoleSessions: await store.consoleSessions.list(),
    keys: await store.encryptedKeys.read(),
    audit: await store.auditLog.list({}),
  };
}
