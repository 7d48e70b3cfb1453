import { mkdir, symlink } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { start } from '../../support/process/process.ts';
import { descendantsOf, untilGone } from '../../support/process/process-tree.ts';
import { repository } from '../../support/run/environment.ts';
import { freePorts } from '../../support/run/ports.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

test('a server that npx started stops when npx stops', async () => {
  const directory = await temporaryDirectory('npx');
  await mkdir(join(directory, 'node_modules/.bin'), { recursive: true });
  await symlink(repository, join(directory, 'node_modules/dockpass'));
  await symlink('../dockpass/bin/dockpass', join(directory, 'node_modules/.bin/dockpass'));
  const [port, operations] = await freePorts(2);
  const npx = await start('npx', ['dockpass', 'serve'], {
    cwd: directory,
    env: {
      DOCKPASS_LISTEN: `127.0.0.1:${port}`,
      DOCKPASS_OPERATIONS_LISTEN: `127.0.0.1:${operations}`,
    },
  });
  await npx.line(/token server ready/);
  const children = descendantsOf(npx.pid);
  npx.signal('SIGTERM');
  // npx does not report when its child processes have ended, so the test watches them.
  expect(await untilGone(children, 20_000)).toBe(true);
  expect(npx.output()).toContain('SIGTERM received: finishing the requests in progress');
});
