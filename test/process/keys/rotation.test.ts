import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { fileKeyStore } from '../../../src/keys/storage/file-key-store.ts';
import { startRefreshLoop } from '../../../src/keys/refresh-loop.ts';
import { openKeyRing } from '../../../src/keys/open-key-ring.ts';
import type { KeyRing } from '../../../src/keys/key-ring.ts';
import { keyWarnings } from '../../../src/observe/monitors/keys.ts';
import { fakeClock } from '../../support/dockpass/issuer.ts';
import { startScript } from '../../support/process/node-child.ts';
import { configIn } from '../../support/dockpass/settings.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { keysBehaviour } from './keys-behaviour.ts';

/** One day in seconds. */
const day = 24 * 60 * 60;

keysBehaviour('a folder', async (directory) => ({ connect: async () => fileKeyStore(directory) }));

test('a new signing key uses the configured algorithm', async () => {
  const directory = await temporaryDirectory('algorithms');
  for (const algorithm of ['ES256', 'RS256', 'EdDSA'] as const) {
    const { keys } = await configIn(directory, { keys: { algorithm } });
    const ring = await openKeyRing(keys, Date.now);
    const token = await ring.current().sign(Buffer.from('{"iss":"dockpass"}').toString('base64url'));
    const { protectedHeader } = await jwtVerify(token, createLocalJWKSet({ keys: [...ring.published()] }));
    expect(protectedHeader.alg).toBe(algorithm);
  }
});

test(
  'kill -9 at any point of 200 rotations leaves a complete set of keys that signs',
  { timeout: 300_000 },
  async () => {
    const home = await temporaryDirectory('killed');
    const { keys } = await configIn(home);
    let made = 0;
    let lives = 0;
    while (made < 200) {
      const child = startScript('rotate-until-killed.ts', [home]);
      // Each child process is killed at a different moment of its loop.
      const rounds = 20 + ((lives * 7) % 13);
      for (let round = 0; round < rounds; round++) {
        if ((await child.line()) !== undefined) made++;
      }
      await child.kill();
      lives++;
      const ring = await openKeyRing(keys, Date.now);
      const token = await ring.current().sign(Buffer.from('{"iss":"dockpass"}').toString('base64url'));
      await jwtVerify(token, createLocalJWKSet({ keys: [...ring.published()] }));
      expect(await readFile(join(keys.directory, 'rootcertbundle.pem'), 'utf8')).toBe(ring.rootCertBundle());
    }
    const sets = (await readdir(keys.directory)).filter((name) => /^leaves-\d+\.pem$/.test(name));
    expect(sets.length).toBeLessThanOrEqual(2 + lives);
  },
);

test('a running server logs once that it cannot read its keys, and once that it can again', async () => {
  let readable = false;
  const reported: unknown[] = [];
  const recovered = new Promise<void>((resolve) => {
    const ring = {
      refresh: () => (readable ? Promise.resolve() : Promise.reject(new Error('no such disk'))),
    } as KeyRing;
    const stop = startRefreshLoop(ring, (error) => {
      reported.push(error);
      readable = true;
      if (error === undefined) {
        stop();
        resolve();
      }
    });
  });
  await recovered;
  expect(reported).toEqual([expect.objectContaining({ message: 'no such disk' }), undefined]);
});

describe('a warning comes in time', () => {
  test('for a leaf certificate that nothing renews, and for a CA in its last half year', async () => {
    const directory = await temporaryDirectory('warnings');
    const { keys } = await configIn(directory, { keys: { leafLifetime: '90d', rotateBefore: '30d' } });
    const clock = fakeClock();
    const ring = await openKeyRing(keys, clock);
    const codes = (): string[] =>
      keyWarnings(ring.list(), 30 * 24 * 60 * 60, clock()).map(({ code }) => code);
    expect(codes()).toEqual([]);
    clock.advance(80 * day);
    expect(codes()).toEqual(['leaf_near_end']);
    await ring.refresh();
    expect(codes()).toEqual([]);
    clock.advance((10 * 365 - 80 - 100) * day);
    await ring.refresh();
    expect(codes()).toEqual(['authority_near_end']);
  });
});
