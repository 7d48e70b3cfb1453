import { once } from 'node:events';
import { readdir, readlink } from 'node:fs/promises';
import { createServer, type AddressInfo, type Server } from 'node:net';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { startTokenServer } from '../../src/app/server.ts';
import { noLog } from '../../src/observe/log.ts';
import { fakeClock } from '../support/dockpass/issuer.ts';
import { configIn } from '../support/dockpass/settings.ts';
import { afterwards } from '../support/run/afterwards.ts';
import { freePort } from '../support/run/ports.ts';
import { temporaryDirectory } from '../support/run/temp.ts';

async function listenOn(port: number): Promise<Server> {
  const server = createServer().listen(port, '127.0.0.1');
  await once(server, 'listening');
  return server;
}

/** Listens on a free port until the test ends, and returns the port. */
async function occupyPort(): Promise<number> {
  const server = await listenOn(0);
  afterwards(async () => void server.close());
  return (server.address() as AddressInfo).port;
}

/** Returns the files in a directory that this process has open. */
async function openFilesIn(directory: string): Promise<string[]> {
  const descriptors = await readdir('/proc/self/fd');
  const paths = await Promise.all(
    descriptors.map((descriptor) => readlink(`/proc/self/fd/${descriptor}`).catch(() => '')),
  );
  return paths.filter((path) => path.startsWith(directory));
}

async function start(directory: string, settings: Readonly<Record<string, unknown>>) {
  const config = await configIn(directory, {
    listen: '127.0.0.1:0',
    operations: { listen: '127.0.0.1:0' },
    ...settings,
  });
  return startTokenServer(config, { log: noLog, clock: fakeClock() });
}

test('has the database open while it runs, and no file after it is closed', async () => {
  const directory = await temporaryDirectory('start');
  const server = await start(directory, {});
  expect(await openFilesIn(directory)).not.toEqual([]);
  await server.close();
  expect(await openFilesIn(directory)).toEqual([]);
});

test('closes the database if the port is in use', async () => {
  const directory = await temporaryDirectory('start');
  const settings = { listen: `127.0.0.1:${await occupyPort()}` };
  await expect(start(directory, settings)).rejects.toMatchObject({
    code: 'port_in_use',
    message: expect.stringMatching(
      /in use by another program\. Stop that program, or set another port in the setting "listen" \(environment variable DOCKPASS_LISTEN\)/,
    ) as string,
  });
  expect(await openFilesIn(directory)).toEqual([]);
});

test('closes the token port and the database if the operations port is in use', async () => {
  const directory = await temporaryDirectory('start');
  const port = await freePort();
  const settings = {
    listen: `127.0.0.1:${port}`,
    operations: { listen: `127.0.0.1:${await occupyPort()}` },
  };
  await expect(start(directory, settings)).rejects.toMatchObject({ code: 'port_in_use' });
  const freed = await listenOn(port);
  freed.close();
  expect(await openFilesIn(directory)).toEqual([]);
});

test('closes the database if the htpasswd file cannot be read', async () => {
  const directory = await temporaryDirectory('start');
  const htpasswd = join(directory, 'htpasswd');
  await expect(start(directory, { htpasswd })).rejects.toMatchObject({ code: 'bad_configuration' });
  expect(await openFilesIn(directory)).toEqual([]);
});

test('closes the database if the keys are in it and the secret is missing', async () => {
  const directory = await temporaryDirectory('start');
  await (await start(directory, { keys: { secret: '0123456789'.repeat(4) } })).close();
  await expect(start(directory, {})).rejects.toMatchObject({ code: 'key_secret' });
  expect(await openFilesIn(directory)).toEqual([]);
});
