import { access, constants } from 'node:fs/promises';
import { delimiter, isAbsolute } from 'node:path';
import type { Environment } from '../../config/environment.ts';
import type { RegistryEnvironment } from '../../registry/registry-environment.ts';
import type { UpOptions } from '../options.ts';
import { nearestExisting, storageFolders } from '../preflight.ts';
import type { Programs } from '../process/find-programs.ts';
import { systemUser, type SystemUser } from '../process/system-user.ts';

/** The users as whom the programs run. If undefined, a program runs as the user of dockpass. */
export interface ProgramUsers {
  readonly registry: SystemUser | undefined;
  readonly edge: SystemUser | undefined;
  close(): void;
}

/**
 * Chooses the user of the registry and that of the edge. If a program cannot do its work as its own user, for example
 * because an administrator has given the folder of the images to dockpass, it runs as the user of dockpass, as in
 * earlier versions, and a warning says how to change this.
 */
export async function chooseUsers(
  { config, environment, users = {}, printStatus }: UpOptions,
  edgeKind: Programs['edge']['kind'],
  { storesInFolder, storageDirectory, variables }: RegistryEnvironment,
): Promise<ProgramUsers> {
  const registry = users.registry && systemUser(users.registry);
  const edge = users.edge && systemUser(users.edge);
  // The storage folder itself may belong to another user, if the registry can write in the folders inside it.
  const [, ...inside] = storageFolders(storageDirectory ?? config.up.storage);
  const storage = storesInFolder ? inside : [];
  const registryProblem =
    registry &&
    ((await findUnwritable(registry, storage)) ??
      (await findClosed(registry, [config.keys.directory, config.up.directory])) ??
      (await findUnreadable(registry, Object.values(variables))));
  const edgeProblem =
    edge &&
    (edgeKind === 'nginx'
      ? 'nginx, unlike Caddy, cannot run as another user'
      : await findUnreadable(edge, trustedFiles(environment)));
  const choose = (
    program: string,
    user: SystemUser | undefined,
    problem: string | undefined,
  ): SystemUser | undefined => {
    if (user === undefined || problem === undefined) return user;
    printStatus(
      `warning: ${program} runs as the user of the token server, because ${problem}. So it can read the signing keys and the database. See docs/images.md.`,
    );
    return undefined;
  };
  // dockpass has given the images to the registry's user, so no other user can run the registry.
  const keep = (
    program: string,
    user: SystemUser | undefined,
    problem: string | undefined,
  ): SystemUser | undefined => {
    if (user !== undefined && problem !== undefined)
      printStatus(
        `warning: ${problem}. If ${program} needs this file or folder, give the user access to it with chmod or chown. See docs/images.md.`,
      );
    return user;
  };
  return {
    registry: (await canWrite(storage))
      ? choose('the registry', registry, registryProblem)
      : keep('the registry', registry, registryProblem),
    edge: choose('the edge', edge, edgeProblem),
    close: () => {
      registry?.close();
      edge?.close();
    },
  };
}

function trustedFiles({ SSL_CERT_FILE: file = '', SSL_CERT_DIR: directories = '' }: Environment): string[] {
  return [file, ...directories.split(delimiter)];
}

async function findUnwritable(user: SystemUser, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const existing = await nearestExisting(folder);
    if (!(await can(user, '-w', existing)) || !(await can(user, '-x', existing)))
      return `user ${user.uid} cannot write ${existing}`;
  }
  return undefined;
}

/**
 * Finds a folder that this user cannot enter. The registry reads the trust bundle from the folder of the keys, and its
 * configuration from the folder of `up`.
 */
async function findClosed(user: SystemUser, folders: readonly string[]): Promise<string | undefined> {
  for (const folder of folders) {
    const existing = await nearestExisting(folder);
    if (!(await can(user, '-x', existing))) return `user ${user.uid} cannot enter ${existing}`;
  }
  return undefined;
}

/** True if dockpass can write in these folders. */
async function canWrite(folders: readonly string[]): Promise<boolean> {
  const checks = folders.map(async (folder) =>
    access(await nearestExisting(folder), constants.W_OK | constants.X_OK),
  );
  return Promise.all(checks).then(
    () => true,
    () => false,
  );
}

/** Finds a file to which a variable refers and which dockpass can read, but this user cannot. */
async function findUnreadable(user: SystemUser, values: readonly string[]): Promise<string | undefined> {
  for (const path of values.filter(isAbsolute)) {
    const isReadable = await access(path, constants.R_OK).then(
      () => true,
      () => false,
    );
    if (isReadable && !(await can(user, '-r', path))) return `user ${user.uid} cannot read ${path}`;
  }
  return undefined;
}

function can(user: SystemUser, permission: '-r' | '-w' | '-x', path: string): Promise<boolean> {
  return user.run(['test', permission, path], { env: { PATH: process.env['PATH'] ?? '' } }).then(
    () => true,
    () => false,
  );
}
