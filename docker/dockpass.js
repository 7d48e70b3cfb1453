#!/usr/bin/env node
// What `dockpass` is inside the images. A volume that an older container wrote as root is taken over once; then root
// is given up for good, whoever started us: the entry point and `docker exec … dockpass user add` alike, so that no
// file in the volume ever belongs to root again. With --user, or USER in the image, there is nothing to give up.
import { existsSync, lchownSync, opendirSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { giveUpRoot, uid } from './give-up-root.js';

/** Of the all-in-one and of the token server alone. */
const volumes = ['/var/lib/registry', '/var/lib/dockpass'];

if (process.getuid() === 0) {
  try {
    for (const volume of volumes) if (existsSync(volume)) takeOver(volume);
    giveUpRoot();
  } catch (error) {
    process.stderr.write(
      `dockpass: cannot go from root to user ${uid}: ${error.message}\n` +
        `Start the container with --user ${uid}:${uid} and give that user its volume: chown -R ${uid}:${uid} DIRECTORY\n`,
    );
    process.exit(1);
  }
}
await import('../bin/dockpass.js');

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
