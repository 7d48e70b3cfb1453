import { readFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { fileKeyStore } from '../../../../src/keys/storage/file-key-store.ts';
import type { KeyStore } from '../../../../src/keys/storage/key-store.ts';
import type { KeyRing } from '../../../../src/keys/key-ring.ts';
import type { KeySettings } from '../../../../src/keys/key-settings.ts';
import { moveKeys } from '../../../../src/keys/storage/move-keys.ts';
import { openKeyRing } from '../../../../src/keys/open-key-ring.ts';
import { beginRollover, finishRollover } from '../../../../src/keys/ca/rollover.ts';
import { openEncryptedKeyStore } from '../../../../src/keys/storage/encrypted-key-store.ts';
import { describeWarning } from '../../../../src/observe/monitors/health-checks.ts';
import { keyWarnings } from '../../../../src/observe/monitors/keys.ts';
import { openStore } from '../../../../src/store/open-store.ts';
import { afterwards } from '../../../support/run/afterwards.ts';
import { fakeClock, type FakeClock } from '../../../support/dockpass/issuer.ts';
import { configIn } from '../../../support/dockpass/settings.ts';
import { temporaryDirectory } from '../../../support/run/temp.ts';

/** A machine with the CA key in its folder (`holder`), a machine without it (`signer`), and the database of both. */
interface Machines {
  readonly clock: FakeClock;
  readonly keyStore: KeyStore;
  readonly holder: KeySettings;
  readonly signer: KeySettings;
  open(settings: KeySettings): Promise<KeyRing>;
}

async function settingsIn(directory: string): Promise<KeySettings> {
  return (await configIn(directory, { keys: { leafLifetime: '90d', rotateBefore: '30d' } })).keys;
}

async function newMachines(): Promise<Machines> {
  const clock = fakeClock();
  const holder = await settingsIn(await temporaryDirectory('holder'));
  await openKeyRing(holder, clock);
  const store = await openStore(join(await temporaryDirectory('database'), 'dockpass.db'));
  afterwards(() => store.close());
  const keyStore = await openEncryptedKeyStore(
    store.encryptedKeys,
    'a secret of more than thirty-two characters',
  );
  await moveKeys(fileKeyStore(holder.directory), keyStore, 'stays');
  const signer = await settingsIn(await temporaryDirectory('signer'));
  return { clock, keyStore, holder, signer, open: (settings) => openKeyRing(settings, clock, keyStore) };
}

const day = 24 * 60 * 60;
const uses = (ring: KeyRing): string[] => ring.list().map(({ use }) => use);
const refreshAll = async (...rings: readonly KeyRing[]): Promise<void> => {
  for (const ring of rings) await ring.refresh();
};

describe('a CA key that is not in the database', () => {
  test('is in no row of the database, but all processes sign with the same signing key', async () => {
    const { keyStore, holder, signer, open } = await newMachines();
    expect(await keyStore.names()).toEqual(['authority.crt', 'leaves-1.pem']);
    expect(await keyStore.read('authority.crt')).not.toContain('PRIVATE KEY');
    const [one, other] = [await open(holder), await open(signer)];
    expect(uses(one)).toEqual(['certifies leaves', 'signs tokens']);
    expect(uses(other)).toEqual(['certifies leaves elsewhere', 'signs tokens']);
    expect(other.current().kid).toBe(one.current().kid);
    expect(await readFile(join(signer.directory, 'rootcertbundle.pem'), 'utf8')).toBe(one.rootCertBundle());
  });

  test('issues leaf certificates only on its own machine, but all processes use them', async () => {
    const { clock, holder, signer, open } = await newMachines();
    const other = await open(signer);
    const before = other.current().kid;
    await expect(other.rotate()).rejects.toThrow(
      /the key of the certificate authority is not on this machine/,
    );
    const one = await open(holder);
    await one.rotate();
    await other.refresh();
    clock.advance(2);
    expect(other.current().kid).not.toBe(before);
    expect(other.current().kid).toBe(one.current().kid);
  });

  test('is needed if there is no signing key yet', async () => {
    const { keyStore, holder, signer, open } = await newMachines();
    await keyStore.remove('leaves-1.pem');
    await expect(open(signer)).rejects.toThrow(
      /there is no signing key yet.*"dockpass keys rotate" on the machine that has this key/,
    );
    await open(holder);
    expect(uses(await open(signer))).toEqual(['certifies leaves elsewhere', 'signs tokens']);
  });

  test('leads to a warning on other machines in time, until its own machine renews the leaf certificate', async () => {
    const { clock, holder, signer, open } = await newMachines();
    const other = await open(signer);
    const warnings = (): string[] =>
      keyWarnings(other.list(), signer.rotateBefore, clock()).map(
        (warning) => `${warning.code}: ${describeWarning(warning)}`,
      );
    clock.advance(74 * day);
    await other.refresh();
    expect(warnings()).toEqual([]);
    clock.advance(2 * day);
    await other.refresh();
    expect(warnings()).toEqual([
      expect.stringMatching(
        /^leaf_near_end: .*"dockpass keys rotate" on the machine that has the key of the certificate authority/,
      ),
    ]);
    await open(holder);
    await other.refresh();
    expect(warnings()).toEqual([]);
  });

  test('is replaced in a rollover by a key that is not in the database either', async () => {
    const { clock, keyStore, holder, signer, open } = await newMachines();
    await expect(beginRollover(signer, keyStore, clock)).rejects.toThrow(
      /the key of the certificate authority is not on this machine/,
    );
    const [one, other] = [await open(holder), await open(signer)];
    await beginRollover(holder, keyStore, clock);
    await refreshAll(one, other);
    expect(other.rootCertBundle().match(/BEGIN/g)).toHaveLength(2);
    await finishRollover(holder, keyStore);
    await refreshAll(one, other);
    clock.advance(2);
    expect(await keyStore.names()).toEqual([
      'authority-previous.crt',
      'authority.crt',
      'leaves-1.pem',
      'leaves-2.pem',
    ]);
    expect(other.current().kid).toBe(one.current().kid);
    expect(uses(other)).toEqual(['certifies leaves elsewhere', 'verifies tokens', 'signs tokens']);
    expect(await fileKeyStore(holder.directory).names()).not.toContain('authority-next.pem');
  });

  test('finishes an interrupted rollover if the command runs again', async () => {
    const { clock, keyStore, holder, open } = await newMachines();
    await beginRollover(holder, keyStore, clock);
    await fileKeyStore(holder.directory).rename('authority-next.pem', 'authority.pem');
    await finishRollover(holder, keyStore);
    const ring = await open(holder);
    expect(uses(ring)).toEqual(['certifies leaves', 'signs tokens', 'will sign tokens']);
  });
});

describe('keys that move from a folder into the database', () => {
  test('keep the same CA and signing key; an interrupted move continues; keys of another CA are rejected', async () => {
    const directory = await temporaryDirectory('folder');
    const settings = await settingsIn(directory);
    const before = await openKeyRing(settings, fakeClock());
    const store = await openStore(join(directory, 'dockpass.db'));
    afterwards(() => store.close());
    const keyStore = await openEncryptedKeyStore(
      store.encryptedKeys,
      'a secret of more than thirty-two characters',
    );
    const folder = fileKeyStore(settings.directory);
    await moveKeys(folder, keyStore, 'along');
    await keyStore.remove('leaves-1.pem');
    await moveKeys(folder, keyStore, 'along');
    const after = await openKeyRing(settings, fakeClock(), keyStore);
    expect(after.rootCertBundle()).toBe(before.rootCertBundle());
    expect(after.current().kid).toBe(before.current().kid);
    await expect(moveKeys(folder, keyStore, 'stays')).rejects.toMatchObject({ code: 'already_exists' });
    await rm(settings.directory, { recursive: true });
    await expect(moveKeys(folder, keyStore, 'along')).rejects.toThrow(/there are no keys/);
    await openKeyRing(settings, fakeClock());
    await expect(moveKeys(folder, keyStore, 'along')).rejects.toMatchObject({ code: 'already_exists' });
  });
});
