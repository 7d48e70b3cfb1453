import { createServer, type AddressInfo } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import type { Config, Origin } from '../../../src/config/load.ts';
import { chooseEvents } from '../../../src/up/events-choice.ts';
import { afterwards } from '../../support/run/afterwards.ts';

/** Returns a configuration whose port for events is in use. */
async function configWithPortInUse(
  origins: readonly (readonly [string, Origin])[],
  secret: string | null,
): Promise<Config> {
  const other = createServer().listen(0, '127.0.0.1');
  await once(other, 'listening');
  afterwards(() => void other.close());
  const { port } = other.address() as AddressInfo;
  const events = { listen: { host: '127.0.0.1', port }, secret, keepRaw: 60 };
  return { events, origins: new Map(origins) } as unknown as Config;
}

test('uses another port if the default port for events is in use', async () => {
  const { listen, secret } = await chooseEvents(await configWithPortInUse([], null));
  expect(listen).toEqual({ host: '127.0.0.1', port: 0 });
  expect(secret.reveal()).toMatch(/^[0-9a-f]{64}$/);
});

test.each([['events.listen'], ['events.secret']])('uses the configured port if %s is set', async (name) => {
  const config = await configWithPortInUse([[name, 'file']], 'a secret of the configuration file, 32');
  const { listen, secret } = await chooseEvents(config);
  expect(listen).toEqual(config.events.listen);
  expect(secret.reveal()).toBe(config.events.secret);
});

test('makes another secret at each start', async () => {
  const config = await configWithPortInUse([], null);
  const secrets = [await chooseEvents(config), await chooseEvents(config)].map(({ secret }) =>
    secret.reveal(),
  );
  expect(new Set(secrets).size).toBe(2);
});
