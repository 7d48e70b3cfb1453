import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer as createHttpServer } from 'node:http';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { ensurePortsFree, ensureWritable } from '../../../src/up/preflight.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { freePort } from '../../support/run/ports.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

test('names the port that is in use, and the fix', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  afterwards(() => void holder.close());
  const { port } = holder.address() as AddressInfo;
  const wanted = (of: number) => [
    {
      ...{ port: of, host: '0.0.0.0', what: 'the edge', variable: 'DOCKPASS_UP_PORT' },
      fix: 'Choose another port.',
    },
  ];
  await expect(ensurePortsFree(wanted(port))).rejects.toMatchObject({
    code: 'port_in_use',
    message: `port ${port} is in use, and the edge needs it. Choose another port.`,
  });
  const free = await freePort();
  await ensurePortsFree(wanted(free));
  await expect(ensurePortsFree([...wanted(free), ...wanted(free)])).rejects.toMatchObject({
    code: 'bad_configuration',
  });
});

test.each([
  [
    '{"status":"degraded","faults":[],"warnings":[]}',
    /^another dockpass is already running: port \d+, .*DOCKPASS_UP_PORT/,
  ],
  ['{"status":"ok"}', /^port \d+ is in use, and the edge needs it/],
  ['<html>', /^port \d+ is in use, and the edge needs it/],
])('if the operations port answers %s, tells whether dockpass is already running', async (body, message) => {
  const server = createHttpServer((_request, response) => response.end(body)).listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(() => void server.close());
  const { port } = server.address() as AddressInfo;
  const wanted = { host: '127.0.0.1', what: 'the edge', variable: 'DOCKPASS_UP_PORT', fix: 'x' };
  await expect(ensurePortsFree([{ ...wanted, port }], { host: '0.0.0.0', port })).rejects.toMatchObject({
    code: 'port_in_use',
    message: expect.stringMatching(message) as string,
  });
});

test('accepts directories that can be created', async () => {
  const folder = await temporaryDirectory();
  await ensureWritable([{ path: join(folder, 'a/b/c'), what: 'it', setting: 'x' }]);
});

test('names a file that is in the place of a directory', async () => {
  const file = join(await temporaryDirectory(), 'file');
  await writeFile(file, '');
  await expect(ensureWritable([{ path: join(file, 'x'), what: 'it', setting: 'x' }])).rejects.toMatchObject({
    code: 'data_directory',
  });
});
