import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createRobot, removeRobot } from '../admin/robots.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import { DockpassError, messageOf } from '../errors.ts';
import type { Action } from '../policy/rights.ts';
import type { Secret } from '../secret.ts';
import { isPostgres, openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { scratch } from './scratch.ts';

/** The actions that doctor's robot may perform on the scratch repository. */
export const robotActions: readonly Action[] = ['pull', 'push', 'delete'];

/** How many seconds the robot is valid. It expires on its own if doctor is killed before it can remove the robot. */
const lifetime = 5 * 60;
const prefix = 'dockpass-doctor-';

/** The robot account that doctor uses to log in like any other client. */
export interface DoctorRobot {
  readonly name: string;
  readonly secret: Secret;
  /**
   * Returns the client addresses that the audit log contains for the robot's requests with this User-Agent. The token
   * server writes audit events to the database once a second, so this method waits up to 3 seconds for the first event.
   */
  addressesOf(client: string): Promise<readonly string[]>;
  /** Removes the robot and closes the database. */
  remove(): Promise<void>;
}

/** @returns the robot, or the reason why it cannot be created: the database is missing or cannot be written */
export async function createDoctorRobot(
  { database }: Config,
  clock: Clock,
): Promise<DoctorRobot | { readonly reason: string }> {
  if (!isPostgres(database) && !existsSync(database))
    return { reason: `there is no database at ${database}` };
  let store: Store | undefined;
  try {
    store = await openStore(database);
    await removeExpired(store, clock);
    return await createIn(store, clock);
  } catch (error) {
    await store?.close();
    return { reason: messageOf(error) };
  }
}

async function createIn(store: Store, clock: Clock): Promise<DoctorRobot> {
  const name = `${prefix}${randomBytes(6).toString('hex')}`;
  const createdAt = clock();
  const only = [{ pattern: scratch, actions: robotActions }];
  const { secret } = await createRobot(store, clock, { name, only, expiresIn: lifetime });
  return {
    name,
    secret,
    addressesOf: (client) => addressesIn(store, name, client, createdAt),
    remove: async () => {
      try {
        await removeRobot(store, clock, name).catch(ignoreRemoved);
      } finally {
        await store.close();
      }
    },
  };
}

/** Removes expired robots of earlier doctor runs that were killed before they could remove their robot. */
async function removeExpired(store: Store, clock: Clock): Promise<void> {
  const now = clock() / 1000;
  for (const { name, expiresAt } of await store.robots.list())
    if (name.startsWith(prefix) && expiresAt !== null && expiresAt < now)
      await removeRobot(store, clock, name).catch(ignoreRemoved);
}

/** Another doctor may have removed the same robot in the meantime. */
function ignoreRemoved(error: unknown): void {
  if (!(error instanceof DockpassError) || error.code !== 'no_such_robot') throw error;
}

async function addressesIn(store: Store, name: string, client: string, since: number): Promise<string[]> {
  for (let attempt = 0; attempt < 15; attempt++) {
    const rows = await store.auditLog.list({ since: since - 60_000, subject: name });
    const ours = rows.filter((row) => row.client === client);
    if (ours.length > 0) return ours.map(({ address }) => address);
    await new Promise((resolve) => setTimeout(resolve, 200));
  }
  return [];
}
