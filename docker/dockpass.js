#!/usr/bin/env node
// What `dockpass` is inside the images. A volume that an older container wrote as root is taken over once; then root
// is given up for good, whoever started us: the entry point and `docker exec … dockpass user add` alike, so that no
// file in the volume ever belongs to root again. With --user, or USER in the image, there is nothing to give up.
import { lchownSync, readdirSync, statSync } from 'node:fs';
import { join } from 'node:path';

const uid = 65532;

if (process.getuid() === 0) {
  try {
    for (const volume of (process.env.DOCKPASS_IMAGE_VOLUMES ?? '').split(':').filter(Boolean)) takeOver(volume);
    process.setgroups([]);
    process.setgid(uid);
    process.setuid(uid);
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
  for (const entry of readdirSync(volume, { recursive: true })) lchownSync(join(volume, entry), uid, uid);
  // Last, so that a walk that was cut short is walked again.
  lchownSync(volume, uid, uid);
}
