#!/usr/bin/env node
// This file checks the version of Node before it imports anything else: with an older Node, the native modules crash
// without an understandable message. So this file uses only syntax that Node 14 understands.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 13)) {
  process.stderr.write(
    `dockpass needs Node 22.13 or newer; this is ${process.versions.node}.\n` +
      'Install a newer one in this folder: npm install node@26   (npx then runs dockpass with it)\n',
  );
  process.exit(1);
}
import('../dist/main.js').then(({ main }) => main(process.argv));
