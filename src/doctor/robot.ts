import { randomBytes } from 'node:crypto';
import { asCommandLine } from '../admin/people/actor.ts';
import { createRobot, removeRobot } from '../admin/robots.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import { DockpassError, messageOf } from '../errors.ts';
import type { Action } from '../policy/rights.ts';
import type { Secret } from '../secret.ts';
import { openExistingStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { scratch } from './scratch.ts';

/** The actions that doctor's robot may perform on the scratch repository. */
export const robotActions: readonly Action[] = ['pull', 'push', 'delete'];

/**
 * The lifetime of the robot, in seconds. If doctor is killed before it removes the robot, the robot expires after this
 * time.
 */
const lifetime = 5 * 60;
const prefix = 'dockpass-doctor-';

/** The robot account with which doctor logs in like any other client. */
export interface DoctorRobot {
  readonly name: string;
  readonly secret: Secret;
  /**
   * Searches the audit log for requests of the robot that have the User-Agent `client`. Returns the IP addresses of
   * these requests. The token server writes events to the audit log once a second, so this method waits up to 3 seconds
   * for the first event.
   */
  addressesOf(client: string): Promise<readonly string[]>;
  /** Removes the robot, and closes the database if it was opened for the robot. */
  remove(): Promise<void>;
}

/**
 * Creates the robot.
 * @param open the open database of a server, which stays open. If undefined, the database is opened as for a command.
 * @returns the robot, or the reason why it cannot be created, such as a missing database
 */
export async function createDoctorRobot(
  { database, databaseOwnership }: Config,
  clock: Clock,
  open?: Store,
): Promise<DoctorRobot | { readonly reason: string }> {
  let close = async (): Promise<void> => {};
  try {
    let store = open;
    if (store === undefined) {
      const existing = await openExistingStore(database, databaseOwnership);
      if (existing === undefined) return { reason: 'there is no database' };
      close = existing.close;
      store = asCommandLine(existing);
    }
    await removeExpired(store, clock);
    return await createIn(store, clock, close);
  } catch (error) {
    await close();
    return { reason: messageOf(error) };
  }
}

async function createIn(store: Store, clock: Clock, close: () => Promise<void>): Promise<DoctorRobot> {
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
        await close();
      }
    },
  };
}

/** Removes the expired robots of earlier runs of doctor. If a run is killed, it cannot remove its own robots. */
async function removeExpired(store: Store, clock: Clock): Promise<void> {
  const now = clock() / 1000;
  for (const { name, expiresAt } of await store.robots.list())
    if (name.startsWith(prefix) && expiresAt !== null && expiresAt < now)
      await removeRobot(store, clock, name).catch(ignoreRemoved);
}

/**
 * Ignores the error `no_such_robot`, because another run of doctor may have removed the robot. Throws any other error
 * again.
 */
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
