#!/usr/bin/env node
// The version is looked at before anything is imported: under an older Node the native parts crash instead of
// saying what they miss. This file keeps to syntax that every Node from 14 on can read.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 13)) {
  process.stderr.write(
    `dockpass needs Node 22.13 or newer; this is ${process.versions.node}.\n` +
      'Put a newer one beside it in this folder: npm install node@26   (npx then runs dockpass on it)\n',
  );
  process.exit(1);
}
import('../dist/main.js').then(({ main }) => main(process.argv));
