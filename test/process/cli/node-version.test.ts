import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { repository } from '../../support/run/environment.ts';
import { run } from '../../support/process/run.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

/** Runs bin/dockpass.js with a Node that pretends to have this version. */
async function startedOn(version: string) {
  const directory = await temporaryDirectory('old');
  const preload = join(directory, 'version.cjs');
  const versions = `{ ...process.versions, node: ${JSON.stringify(version)} }`;
  await writeFile(preload, `Object.defineProperty(process, 'versions', { value: ${versions} });\n`);
  const bin = join(repository, 'bin', 'dockpass.js');
  return await run(process.execPath, ['--require', preload, bin, '--version'], { cwd: directory });
}

test.each(['14.21.3', '20.20.2', '22.12.0'])(
  'Node %s gets a message that names the required version',
  async (old) => {
    const { status, stdout, stderr } = await startedOn(old);
    expect([status, stdout]).toEqual([1, '']);
    expect(stderr).toContain(`dockpass needs Node 22.13 or newer; this is ${old}.`);
    expect(stderr).toContain('npm install node@26');
  },
);

test.each(['22.13.0', '24.0.0', '30.1.0'])('Node %s is accepted', async (good) => {
  expect((await startedOn(good)).stdout).toMatch(
    new RegExp(`^dockpass \\d+\\.\\d+\\.\\d+ \\(Node ${good}, buil[dt] .*\\)\\n$`),
  );
});
