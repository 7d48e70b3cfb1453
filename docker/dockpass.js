#!/usr/bin/env node
// The command `dockpass` inside the images. If it runs as root, it first gives the files of the volume to the users of
// the image: those that an earlier container wrote as root, and those from before each program had its own user. Then
// it drops its root privileges. This also applies to `docker exec … dockpass user add`, so that no file in the volume
// belongs to root. With --user, or USER in the image, it does not run as root, and does neither.
import { accessSync, constants, existsSync } from 'node:fs';
import { changeOwner, ownerOf } from './change-owner.js';
import { dropRoot, uid } from './drop-root.js';
import { prepareEdgeFolders, separateVolume, startShells, stopShells } from './separate-users.js';

/** The volumes of the all-in-one image and of the image with only the token server. */
const [shared, own] = ['/var/lib/registry', '/var/lib/dockpass'];
const command = calledCommand(process.argv.slice(2));

let shells;
if (process.getuid() === 0) {
  try {
    if (existsSync(own)) takeOver(own);
    if (existsSync(shared)) shells = separateUsers();
    dropRoot();
  } catch (error) {
    fail(
      `cannot switch from root to user ${uid} (${error.message}). Start the container with --user ${uid}:${uid}. ` +
        `If a folder is mounted, also run: chown -R ${uid}:${uid} FOLDER`,
    );
  }
}
// Checked here and not by dockpass itself, which does not know that the folder has another path outside the container.
if (command === 'up' || command === 'serve')
  for (const volume of [shared, own]) if (existsSync(volume)) requireWritable(volume);
// If the container started as root before, the images belong to the registry's own user.
const images = `${shared}/docker`;
if (
  command === 'up' &&
  shells === undefined &&
  process.env.DOCKPASS_UP_STORAGE === shared &&
  existsSync(images)
)
  requireWritable(images, shared);
// Not through bin/dockpass.js, which checks the version of Node: it is that of the image.
const { main } = await import('../dist/main.js');
await main(process.argv, shells);

/**
 * Gives the files in the volume to the three users, and starts the shells with which `dockpass up` runs registry and
 * edge as their users. If the file system does not allow this, and dockpass alone could use the volume until now, all
 * programs run as one user, as they do with --user.
 */
function separateUsers() {
  const isUsable = ownerOf(shared) === uid;
  // Only `up` changes a volume that one user can use, because a registry that runs as this user may be using it.
  if (command !== 'up' && isUsable) return undefined;
  const started = command === 'up' ? startShells() : undefined;
  try {
    separateVolume(shared);
  } catch (error) {
    if (!isUsable) throw error;
    if (started === undefined) return undefined;
    stopShells(started);
    warn(
      `registry, edge and token server run as one user, ${uid}, because the owners of their files cannot be changed (${error.message})`,
    );
    return undefined;
  }
  if (started === undefined) return undefined;
  try {
    prepareEdgeFolders(process.env.DOCKPASS_UP_DIRECTORY);
    return started;
  } catch (error) {
    const { edge, ...others } = started;
    stopShells({ edge });
    warn(
      `the edge runs as the user of the token server, because its folders cannot be created (${error.message})`,
    );
    return others;
  }
}

/** Returns the name of the command. The option --config can come before it. */
function calledCommand([first, ...rest]) {
  if (first === '--config') return calledCommand(rest.slice(1));
  return first?.startsWith('--config=') ? calledCommand(rest) : first;
}

function warn(message) {
  process.stderr.write(`dockpass: warning: ${message}. See docs/images.md.\n`);
}

function requireWritable(folder, volume = folder) {
  try {
    accessSync(folder, constants.W_OK | constants.X_OK);
  } catch (error) {
    // A read-only file system may be intended, if the settings name another directory.
    if (error.code !== 'EACCES') return;
    const user = `${process.getuid()}:${process.getgid()}`;
    const mounted = volume === folder ? 'there' : `at ${volume}`;
    fail(
      `user ${user} cannot write ${folder}. On the folder or volume that is mounted ${mounted}, run: chown -R ${user} FOLDER`,
    );
  }
}

function fail(message) {
  process.stderr.write(`dockpass: ${message}\n`);
  process.exit(1);
}

/**
 * Gives a volume with all files in it to user 65532. If its top directory belongs to that user, this was done before,
 * and is skipped, because it takes long for a large volume.
 */
function takeOver(volume) {
  if (ownerOf(volume) === uid) return;
  process.stderr.write(
    `dockpass: changing the owner of ${volume} and all files in it to user ${uid}. This happens only once.\n`,
  );
  changeOwner(volume, uid, uid);
}
