import { beforeAll, describe, expect, test } from 'vitest';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { openKeyRing } from '../../../src/keys/open-key-ring.ts';
import { reencrypt, openEncryptedKeyStore } from '../../../src/keys/storage/encrypted-key-store.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { EncryptedKeys } from '../../../src/store/store.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { fakeClock } from '../../support/dockpass/issuer.ts';
import { startScript } from '../../support/process/node-child.ts';
import { needs } from '../../support/run/parts.ts';
import { startPostgres, type PostgresCluster } from '../../support/database/postgres.ts';
import { configIn } from '../../support/dockpass/settings.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { keysBehaviour } from './keys-behaviour.ts';

const secret = 'a secret of more than thirty-two characters';
const another = 'another secret, of thirty-two characters too';

async function rowsOf(database: string): Promise<EncryptedKeys> {
  const store = await openStore(database);
  afterwards(() => store.close());
  return store.encryptedKeys;
}

async function newDatabase(): Promise<string> {
  return join(await temporaryDirectory('encrypted'), 'dockpass.db');
}

keysBehaviour('SQLite', async () => {
  const database = await newDatabase();
  return { connect: async () => openEncryptedKeyStore(await rowsOf(database), secret) };
});

needs('postgres')('keys in PostgreSQL', () => {
  let cluster: PostgresCluster;
  beforeAll(async () => {
    cluster = await startPostgres({ fsync: 'off' });
  });
  keysBehaviour('PostgreSQL', async () => {
    const database = await cluster.newDatabaseWithTables();
    return { connect: async () => openEncryptedKeyStore(await rowsOf(database), secret) };
  });

  test(
    'kill -9 at any point of a rotation leaves a complete set of keys that signs',
    { timeout: 300_000 },
    async () => {
      const settings = { database: await cluster.newDatabase(), keys: { secret } };
      const home = await temporaryDirectory('killed');
      const { keys } = await configIn(home, settings);
      const rows = await rowsOf(settings.database);
      for (let life = 0; life < 5; life++) {
        const child = startScript('rotate-until-killed.ts', [home, JSON.stringify(settings)]);
        const made = [];
        while (made.length < 4 + life) made.push(await child.line());
        await child.kill();
        const ring = await openKeyRing(keys, Date.now, await openEncryptedKeyStore(rows, secret));
        const token = await ring.current().sign(Buffer.from('{"iss":"dockpass"}').toString('base64url'));
        await jwtVerify(token, createLocalJWKSet({ keys: [...ring.published()] }));
        // The process printed a key only after the database had it, so the key must exist.
        expect(ring.list().map(({ name }) => name)).toEqual(expect.arrayContaining(made));
      }
      const sets = (await rows.names()).filter((name) => name.startsWith('leaves-'));
      expect(sets.length).toBeLessThanOrEqual(2 + 5);
    },
  );
});

describe('encrypted rows', () => {
  test('reveal nothing of a key, and differ each time', async () => {
    const rows = await rowsOf(await newDatabase());
    const keyStore = await openEncryptedKeyStore(rows, secret);
    const { keys } = await configIn(await temporaryDirectory('encrypted'));
    await openKeyRing(keys, fakeClock(), keyStore);
    const text = (await keyStore.read('authority.pem')) ?? '';
    expect(text).toContain('PRIVATE KEY');
    // The lines of keys and certificates are too long to occur somewhere by chance.
    const lines =
      [text, (await keyStore.read('leaves-1.pem')) ?? ''].join('\n').match(/^[\w+/]{40,}$/gm) ?? [];
    expect(lines.length).toBeGreaterThan(20);
    const before = await rows.read();
    expect([...before.keys()]).toEqual(['authority.pem', 'leaves-1.pem', 'seal']);
    for (const encrypted of before.values()) {
      const bytes = encrypted + Buffer.from(encrypted, 'base64url').toString('latin1');
      for (const clear of ['BEGIN', 'CERTIFICATE', secret, ...lines]) expect(bytes).not.toContain(clear);
    }
    await keyStore.replace('authority.pem', text);
    expect((await rows.read()).get('authority.pem')).not.toBe(before.get('authority.pem'));
  });

  test('open only with their secret: one wrong character is reported', async () => {
    const rows = await rowsOf(await newDatabase());
    await (await openEncryptedKeyStore(rows, secret)).create('authority.pem', 'text');
    await expect(openEncryptedKeyStore(rows, `${secret.slice(0, -1)}S`)).rejects.toMatchObject({
      code: 'key_secret',
      message: expect.stringMatching(
        /^keys\.secret \(DOCKPASS_KEYS_SECRET_FILE\) is not the secret [^\n]+$/,
      ) as string,
    });
    expect(await (await openEncryptedKeyStore(rows, secret)).read('authority.pem')).toBe('text');
  });

  test('are rejected if a row was changed, truncated or replaced by another row', async () => {
    const rows = await rowsOf(await newDatabase());
    const keyStore = await openEncryptedKeyStore(rows, secret);
    await keyStore.create('leaves-1.pem', 'one');
    await keyStore.create('leaves-2.pem', 'two');
    const before = await rows.read();
    const [one = '', two = ''] = [before.get('leaves-1.pem'), before.get('leaves-2.pem')];
    const flipped = (one.startsWith('A') ? 'B' : 'A') + one.slice(1);
    for (const wrong of [two, '', one.slice(0, 20), one.slice(0, -1), `${one}AA`, flipped]) {
      await rows.update((now) => new Map(now).set('leaves-1.pem', wrong));
      await expect(keyStore.read('leaves-1.pem')).rejects.toMatchObject({
        code: 'key_files',
        message: expect.stringContaining('leaves-1.pem in the database (table sealed_keys)') as string,
      });
    }
    expect(await keyStore.read('leaves-2.pem')).toBe('two');
  });

  test('belong to one of two first starts with different secrets, and the other reports an error', async () => {
    const rows = await rowsOf(await newDatabase());
    const keyStores = [await openEncryptedKeyStore(rows, secret), await openEncryptedKeyStore(rows, another)];
    const made = await Promise.allSettled(
      keyStores.map((keyStore) => keyStore.create('authority.pem', 'text')),
    );
    expect(made.map(({ status }) => status).sort()).toEqual(['fulfilled', 'rejected']);
    expect(made.find(({ status }) => status === 'rejected')).toMatchObject({
      reason: { code: 'key_secret' },
    });
  });
});

describe('rows that were encrypted with a new secret', () => {
  test('open with the new secret only, and a process with the old secret writes nothing more', async () => {
    const rows = await rowsOf(await newDatabase());
    const old = await openEncryptedKeyStore(rows, secret);
    await old.create('authority.pem', 'text');
    await reencrypt(rows, secret, another);
    await expect(openEncryptedKeyStore(rows, secret)).rejects.toMatchObject({ code: 'key_secret' });
    await expect(old.create('leaves-1.pem', 'text')).rejects.toThrow(
      /Restart this process with the new keys\.secret/,
    );
    await expect(old.read('authority.pem')).rejects.toThrow(/Restart this process with the new keys\.secret/);
    const after = await openEncryptedKeyStore(rows, another);
    expect([await after.names(), await after.read('authority.pem')]).toEqual([['authority.pem'], 'text']);
  });

  test('are not written with a wrong old secret, or if there are no keys', async () => {
    const rows = await rowsOf(await newDatabase());
    await expect(reencrypt(rows, secret, another)).rejects.toMatchObject({ code: 'key_files' });
    await (await openEncryptedKeyStore(rows, secret)).create('authority.pem', 'text');
    await expect(reencrypt(rows, another, secret)).rejects.toMatchObject({ code: 'key_secret' });
    expect(await (await openEncryptedKeyStore(rows, secret)).read('authority.pem')).toBe('text');
  });
});
