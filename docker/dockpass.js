#!/usr/bin/env node
// The command `dockpass` inside the images. If it runs as root, it first gives the files of an earlier container, which
// wrote the volume as root, to user 65532. Then it drops its root privileges. This also applies to `docker exec …
// dockpass user add`, so that no file in the volume belongs to root again. With --user, or USER in the image, it does
// not run as root, and does neither.
import { accessSync, constants, existsSync } from 'node:fs';
import { changeOwner, ownerOf } from './change-owner.js';
import { dropRoot, uid } from './drop-root.js';

/** The volume of the all-in-one image and that of the image with only the token server. */
const volumes = ['/var/lib/registry', '/var/lib/dockpass'].filter((volume) => existsSync(volume));

if (process.getuid() === 0) {
  try {
    for (const volume of volumes) takeOver(volume);
    dropRoot();
  } catch (error) {
    fail(
      `cannot switch from root to user ${uid} (${error.message}). Start the container with --user ${uid}:${uid}. ` +
        `If a folder is mounted, also run: chown -R ${uid}:${uid} FOLDER`,
    );
  }
}
// Checked here and not by dockpass itself, which does not know that the folder has another path outside the container.
if (['up', 'serve'].includes(process.argv[2] ?? '')) volumes.forEach(requireWritable);
await import('../bin/dockpass.js');

function requireWritable(volume) {
  try {
    accessSync(volume, constants.W_OK | constants.X_OK);
  } catch (error) {
    // A read-only file system may be intended, if the settings name another directory.
    if (error.code !== 'EACCES') return;
    const user = `${process.getuid()}:${process.getgid()}`;
    fail(
      `user ${user} cannot write ${volume}. On the folder or volume that is mounted there, run: chown -R ${user} FOLDER`,
    );
  }
}

function fail(message) {
  process.stderr.write(`dockpass: ${message}\n`);
  process.exit(1);
}

/**
 * Gives the volume with all files in it to user 65532. If its top directory belongs to that user, this was done before,
 * and is skipped, because it takes long for a large volume.
 */
function takeOver(volume) {
  if (ownerOf(volume) === uid) return;
  process.stderr.write(
    `dockpass: changing the owner of ${volume} and all files in it to user ${uid}. This happens only once.\n`,
  );
  changeOwner(volume, uid, uid);
}
