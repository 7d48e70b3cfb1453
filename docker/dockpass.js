#!/usr/bin/env node
// What `dockpass` is inside the images. A volume that an older container wrote as root is taken over once; then root
// is given up for good, whoever started us: the entry point and `docker exec … dockpass user add` alike, so that no
// file in the volume ever belongs to root again. With --user, or USER in the image, there is nothing to give up.
import { accessSync, constants, existsSync, lchownSync, opendirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { giveUpRoot, uid } from './give-up-root.js';

/** Of the all-in-one and of the token server alone. */
const volumes = ['/var/lib/registry', '/var/lib/dockpass'].filter((volume) => existsSync(volume));

if (process.getuid() === 0) {
  try {
    for (const volume of volumes) takeOver(volume);
    giveUpRoot();
  } catch (error) {
    fail(
      `cannot go from root to user ${uid} (${error.message}): start the container with --user ${uid}:${uid}, and ` +
        `where a folder is mounted: chown -R ${uid}:${uid} FOLDER`,
    );
  }
}
// Said here, because dockpass itself does not know that the folder has another name outside.
if (['up', 'serve'].includes(process.argv[2] ?? '')) volumes.forEach(requireWritable);
await import('../bin/dockpass.js');

function requireWritable(volume) {
  try {
    accessSync(volume, constants.W_OK | constants.X_OK);
  } catch (error) {
    // A read-only file system may be meant: then the settings name another place.
    if (error.code !== 'EACCES') return;
    const user = `${process.getuid()}:${process.getgid()}`;
    fail(
      `user ${user} cannot write ${volume}: chown -R ${user} the folder (or volume) that is mounted there`,
    );
  }
}

function fail(message) {
  process.stderr.write(`dockpass: ${message}\n`);
  process.exit(1);
}

/** A large store is walked once: afterwards its top belongs to us, and the walk is left out. */
function takeOver(volume) {
  if (statSync(volume).uid === uid) return;
  process.stderr.write(
    `dockpass: giving ${volume}, and all that is in it, to user ${uid}; this is done once\n`,
  );
  give(volume);
}

/** Never through a symbolic link: it may lead out of the volume. */
function give(directory) {
  const open = opendirSync(directory);
  try {
    for (let entry = open.readSync(); entry !== null; entry = open.readSync()) {
      const path = join(directory, entry.name);
      if (entry.isDirectory()) give(path);
      else lchownSync(path, uid, uid);
    }
  } finally {
    open.closeSync();
  }
  // After what is in it, so that a walk that was cut short is walked again.
  lchownSync(directory, uid, uid);
}
