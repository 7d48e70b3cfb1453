import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { createServer, type AddressInfo } from 'node:net';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { ensurePortsFree, ensureWritable } from '../../../src/up/preflight.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { freePort } from '../../support/run/ports.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

it('names the port that is in use, and the mend', async () => {
  const holder = createServer().listen(0, '127.0.0.1');
  await once(holder, 'listening');
  afterwards(() => void holder.close());
  const { port } = holder.address() as AddressInfo;
  const wanted = (of: number) => [{ port: of, host: '0.0.0.0', what: 'the edge', mend: 'choose another' }];
  await expect(ensurePortsFree(wanted(port))).rejects.toMatchObject({
    code: 'port_in_use',
    message: `port ${port} is in use, and the edge needs it: choose another`,
  });
  const free = await freePort();
  await ensurePortsFree(wanted(free));
  await expect(ensurePortsFree([...wanted(free), ...wanted(free)])).rejects.toMatchObject({
    code: 'bad_configuration',
  });
});

it('is content with folders that can be made', async () => {
  const folder = await temporaryDirectory();
  await ensureWritable([{ path: join(folder, 'a/b/c'), what: 'it', setting: 'x' }]);
});

it('names a file that stands in the way', async () => {
  const file = join(await temporaryDirectory(), 'file');
  await writeFile(file, '');
  await expect(ensureWritable([{ path: join(file, 'x'), what: 'it', setting: 'x' }])).rejects.toMatchObject({
    code: 'data_directory',
  });
});
