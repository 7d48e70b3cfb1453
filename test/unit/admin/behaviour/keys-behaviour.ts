import { once } from 'node:events';
import { readFile, writeFile } from 'node:fs/promises';
import { createServer } from 'node:http';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { rotateAuthority } from '../../../../src/admin/keys/authority-rollover.ts';
import { openKeyStore, withKeys } from '../../../../src/admin/keys/key-store.ts';
import { moveKeysToDatabase, reencryptKeys, rotateKeys } from '../../../../src/admin/keys/keys.ts';
import { systemClock } from '../../../../src/clock.ts';
import type { Config } from '../../../../src/config/load.ts';
import { openKeyRing } from '../../../../src/keys/open-key-ring.ts';
import type { Store } from '../../../../src/store/store.ts';
import { configIn } from '../../../support/dockpass/settings.ts';
import { afterwards } from '../../../support/run/afterwards.ts';
import { temporaryDirectory } from '../../../support/run/temp.ts';
import { auditReasons, contentsOf, type NewAdminDatabase } from './admin-database.ts';

const secret = 'a secret of more than thirty-two characters';
const newSecret = 'another secret of more than thirty-two characters';
// Certificates are checked against the real time, so these tests use the system clock.
const clock = systemClock;

interface Settings {
  readonly registries?: readonly string[];
  readonly secret?: string;
}

/** Creates a configuration. Its keys are in the database if `secret` is set, and otherwise in a new folder. */
async function configFor(database: string, settings: Settings = {}): Promise<Config> {
  const directory = await temporaryDirectory('admin-keys');
  const { registries = [], secret: keySecret } = settings;
  const keys = { directory: join(directory, 'keys'), ...(keySecret && { secret: keySecret }) };
  return configIn(directory, { database, keys, registries });
}

/** Starts a server in place of a registry. With status 200 it accepts every token, with status 401 none. */
async function startRegistry(status: 200 | 401): Promise<string> {
  const server = createServer((_request, response) => response.writeHead(status).end());
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  afterwards(() => void server.close());
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' ? address?.port : ''}`;
}

const leafNames = async (store: Store, config: Config): Promise<string[]> => {
  const ring = await openKeyRing(config.keys, clock, await openKeyStore(config, store));
  return ring
    .list()
    .slice(1)
    .map(({ name }) => name);
};

/** Tests operations on keys, which must behave the same on every database. */
export function keysBehaviour(backend: string, newDatabase: NewAdminDatabase): void {
  describe(`${backend}: keys in the database`, () => {
    test('a rotation and its audit row are one transaction', async () => {
      const database = await newDatabase();
      const store = await database.connect();
      const config = await configFor(database.location, { secret });
      const rotate = () => withKeys(config, (keys) => rotateKeys(keys, config, clock));
      const first = await rotate();
      expect(await leafNames(store, config)).toContain(first);
      const [before, bundle] = [await contentsOf(store), await publishedJwks(config)];

      const allowAgain = await database.rejectRowsOf('audit_events');
      await expect(rotate()).rejects.toMatchObject({ code: 'database' });
      expect(await contentsOf(store)).toEqual(before);
      expect(await publishedJwks(config)).toBe(bundle);
      await allowAgain();

      const second = await rotate();
      expect((await leafNames(store, config)).at(-1)).toBe(second);
      expect(await publishedJwks(config)).toContain(second);
      expect(await auditReasons(store)).toEqual([
        `keys rotated: new signing key ${first}`,
        `keys rotated: new signing key ${second}`,
      ]);
    });

    test('rotations at the same time each add a key and an audit row', async () => {
      const database = await newDatabase();
      const store = await database.connect();
      const config = await configFor(database.location, { secret });
      await leafNames(store, config);
      const leaves = await Promise.all(
        [1, 2, 3].map(() => withKeys(config, (keys) => rotateKeys(keys, config, clock))),
      );
      expect((await auditReasons(store)).sort()).toEqual(
        leaves.map((leaf) => `keys rotated: new signing key ${leaf}`).sort(),
      );
      expect(new Set(leaves).size).toBe(3);
      expect(await leafNames(store, config)).toEqual(expect.arrayContaining(leaves));
    });

    test('moving the keys and encrypting them with another secret are each one transaction with the audit row', async () => {
      const database = await newDatabase();
      const store = await database.connect();
      const files = await configFor(database.location);
      await openKeyRing(files.keys, clock);
      const config: Config = { ...files, keys: { ...files.keys, secret } };
      const move = () => moveKeysToDatabase(store, config, clock, 'along');
      const reencryptAll = () => reencryptKeys(store, config, clock, newSecret);
      for (const [operation, reason] of [
        [move, 'keys moved to the database'],
        [reencryptAll, 'keys encrypted with a new secret'],
      ] as const) {
        const before = await contentsOf(store);
        const allowAgain = await database.rejectRowsOf('audit_events');
        await expect(operation()).rejects.toMatchObject({ code: 'database' });
        expect(await contentsOf(store)).toEqual(before);
        await allowAgain();
        await operation();
        expect((await auditReasons(store)).at(-1)).toBe(reason);
      }
      await expect(leafNames(store, config)).rejects.toMatchObject({ code: 'key_secret' });
      const renewed: Config = { ...files, keys: { ...files.keys, secret: newSecret } };
      expect(await leafNames(store, renewed)).toHaveLength(1);
    });

    test('each step of a CA rollover and its audit row are one transaction', async () => {
      const database = await newDatabase();
      const store = await database.connect();
      const config = await configFor(database.location, { secret, registries: [await startRegistry(200)] });
      await leafNames(store, config);
      const step = () => withKeys(config, (keys) => rotateAuthority(keys, config, clock));
      for (const expected of ['begun', 'finished']) {
        const before = await contentsOf(store);
        const allowAgain = await database.rejectRowsOf('audit_events');
        await expect(step()).rejects.toMatchObject({ code: 'database' });
        expect(await contentsOf(store)).toEqual(before);
        await allowAgain();
        expect((await step()).step).toBe(expected);
      }
      const leaf = (await leafNames(store, config)).at(-1);
      expect(await auditReasons(store)).toEqual([
        'CA rollover started',
        `CA rollover finished: new signing key ${leaf}`,
      ]);
    });

    test('a CA rollover does not finish while a registry does not trust the new CA', async () => {
      const database = await newDatabase();
      const store = await database.connect();
      const config = await configFor(database.location, { secret, registries: [await startRegistry(401)] });
      const step = () => withKeys(config, (keys) => rotateAuthority(keys, config, clock));
      await step();
      const before = await contentsOf(store);
      await expect(step()).rejects.toMatchObject({ code: 'registry_refused' });
      expect(await contentsOf(store)).toEqual(before);
    });
  });

  describe(`${backend}: key files`, () => {
    test('a rotation is recorded before it begins and when it is done', async () => {
      const database = await newDatabase();
      const store = await database.connect();
      const config = await configFor(database.location);
      const leaf = await withKeys(config, (keys) => rotateKeys(keys, config, clock));
      expect(await auditReasons(store)).toEqual([
        'rotation of the keys started',
        `keys rotated: new signing key ${leaf}`,
      ]);
      expect((await openKeyRing(config.keys, clock)).list().at(-1)?.name).toBe(leaf);
    });

    test('the beginning of a failed rotation is recorded, and a rotation that cannot be recorded does not begin', async () => {
      const database = await newDatabase();
      const store = await database.connect();
      const config = await configFor(database.location);
      const rotate = () => withKeys(config, (keys) => rotateKeys(keys, config, clock));
      const before = (await openKeyRing(config.keys, clock)).list();

      const allowAgain = await database.rejectRowsOf('audit_events');
      await expect(rotate()).rejects.toMatchObject({ code: 'database' });
      expect((await openKeyRing(config.keys, clock)).list()).toEqual(before);
      await allowAgain();

      await writeFile(join(config.keys.directory, 'authority.pem'), 'damaged');
      await expect(rotate()).rejects.toMatchObject({ code: 'key_files' });
      expect(await auditReasons(store)).toEqual(['rotation of the keys started']);
    });

    test('each step of a CA rollover is recorded before it begins', async () => {
      const database = await newDatabase();
      const store = await database.connect();
      const config = await configFor(database.location, { registries: [await startRegistry(200)] });
      const step = () => withKeys(config, (keys) => rotateAuthority(keys, config, clock));
      await step();
      const finished = await step();
      expect(await auditReasons(store)).toEqual([
        'CA rollover started',
        'started the last step of the CA rollover',
        `CA rollover finished: new signing key ${finished.step === 'finished' ? finished.leaf : ''}`,
      ]);
    });
  });
}

const publishedJwks = ({ keys }: Config): Promise<string> =>
  readFile(join(keys.directory, 'jwks.json'), 'utf8');
