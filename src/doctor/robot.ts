import { randomBytes } from 'node:crypto';
import { existsSync } from 'node:fs';
import { createRobot, removeRobot } from '../admin/robots.ts';
import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import { messageOf } from '../errors.ts';
import type { Action } from '../policy/rights.ts';
import type { Secret } from '../secret.ts';
import { isPostgres, openStore } from '../store/open-store.ts';
import type { Store } from '../store/store.ts';
import { scratch } from './scratch.ts';

/** Rights on the scratch repository. */
export const robotActions: readonly Action[] = ['pull', 'push', 'delete'];

/** Seconds after which the robot is worthless, even if doctor is killed before it removes it. */
const lifetime = 5 * 60;
const prefix = 'dockpass-doctor-';

/** A robot with which doctor logs in as any client would. */
export interface DoctorRobot {
  readonly name: string;
  readonly secret: Secret;
  /**
   * The client addresses that the audit log has for requests of the robot with this User-Agent. The token server
   * writes such rows once a second, so this waits until one is there, for 3 seconds at most.
   */
  addressesOf(client: string): Promise<readonly string[]>;
  /** Removes the robot and closes the database. */
  remove(): Promise<void>;
}

/** @returns why no robot can be created, if the database is missing or cannot be written */
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
        await removeRobot(store, clock, name);
      } finally {
        await store.close();
      }
    },
  };
}

/** Removes the robots that earlier runs of doctor left behind because they were killed. */
async function removeExpired(store: Store, clock: Clock): Promise<void> {
  const now = clock() / 1000;
  for (const { name, expiresAt } of await store.robots.list())
    if (name.startsWith(prefix) && expiresAt !== null && expiresAt < now)
      await removeRobot(store, clock, name);
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
