import { readdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { createLocalJWKSet, jwtVerify } from 'jose';
import { describe, expect, test } from 'vitest';
import { keepFresh } from '../../../src/keys/keep-fresh.ts';
import { openKeyRing } from '../../../src/keys/open-key-ring.ts';
import type { KeyRing } from '../../../src/keys/key-ring.ts';
import { keyWarnings } from '../../../src/observe/key-warnings.ts';
import { fakeClock } from '../../support/issuer.ts';
import { startScript } from '../../support/node-child.ts';
import { configIn } from '../../support/settings.ts';
import { temporaryDirectory } from '../../support/temp.ts';

/** Seconds. */
const day = 24 * 60 * 60;

async function newRings(settings: Readonly<Record<string, unknown>> = {}) {
  const directory = await temporaryDirectory('rotation');
  const { keys } = await configIn(directory, { keys: settings });
  const clock = fakeClock();
  return { directory: keys.directory, clock, open: () => openKeyRing(keys, clock) };
}

const uses = (ring: KeyRing): string[] => ring.list().map(({ use }) => use);

describe('a new leaf', () => {
  test('is published at once and signs within two seconds; the one before goes on verifying', async () => {
    const { clock, open } = await newRings();
    const ring = await open();
    const before = ring.current().kid;
    await ring.rotate();
    expect(uses(ring)).toEqual(['certifies leaves', 'signs tokens', 'will sign tokens']);
    expect(ring.current().kid).toBe(before);
    expect(ring.published()).toHaveLength(2);
    clock.advance(2);
    expect(uses(ring)).toEqual(['certifies leaves', 'verifies tokens', 'signs tokens']);
    expect(ring.current().kid).not.toBe(before);
  });

  test('is published by every process before any signs with it', async () => {
    const { clock, open } = await newRings();
    const [one, other] = [await open(), await open()];
    await one.rotate();
    const next = one.list().at(-1)?.name;
    // What the slowest process has seen when the next look is due.
    clock.advance(0.4);
    expect(one.current().kid).not.toBe(next);
    await other.refresh();
    expect(other.published().map(({ kid }) => kid)).toContain(next);
    clock.advance(2);
    expect([one.current().kid, other.current().kid]).toEqual([next, next]);
  });

  test('comes by itself before the old one ends, once', async () => {
    const { clock, open } = await newRings({ leafLifetime: '90d', rotateBefore: '30d' });
    const ring = await open();
    clock.advance(59 * day);
    await ring.refresh();
    expect(uses(ring)).toEqual(['certifies leaves', 'signs tokens']);
    clock.advance(2 * day);
    await ring.refresh();
    await ring.refresh();
    expect(uses(ring)).toEqual(['certifies leaves', 'signs tokens', 'will sign tokens']);
  });

  test('comes at once after a clock that jumped past the end', async () => {
    const { clock, open } = await newRings({ leafLifetime: '90d' });
    const ring = await open();
    const ended = ring.current().kid;
    clock.advance(100 * day);
    await ring.refresh();
    expect(ring.current().kid).not.toBe(ended);
    expect(ring.current().certificate.validToDate.getTime()).toBeGreaterThan(clock());
  });

  test('is not made again and again by an authority that has ended', async () => {
    const { clock, open } = await newRings();
    const ring = await open();
    clock.advance(11 * 365 * day);
    await ring.refresh();
    expect(uses(ring)).toEqual(['certifies leaves', 'signs tokens']);
  });

  test('of two processes that rotate at once only one set counts, for both', async () => {
    const { clock, open } = await newRings();
    const rings = await Promise.all([open(), open(), open()]);
    for (let round = 0; round < 10; round++) {
      await Promise.all(rings.map((ring) => ring.rotate()));
      await Promise.all(rings.map((ring) => ring.refresh()));
      clock.advance(2);
      const current = new Set(rings.map((ring) => ring.current().kid));
      expect(current.size).toBe(1);
      const published = new Set(rings.map((ring) => JSON.stringify(ring.published())));
      expect(published.size).toBe(1);
    }
  });

  test('is asked of the algorithm that is configured', async () => {
    const directory = await temporaryDirectory('algorithms');
    for (const algorithm of ['ES256', 'RS256', 'EdDSA'] as const) {
      const { keys } = await configIn(directory, { keys: { algorithm } });
      const ring = await openKeyRing(keys, Date.now);
      const token = await ring.current().sign(Buffer.from('{"iss":"dockpass"}').toString('base64url'));
      const { protectedHeader } = await jwtVerify(token, createLocalJWKSet({ keys: [...ring.published()] }));
      expect(protectedHeader.alg).toBe(algorithm);
    }
  });
});

test(
  'kill -9 at any point of 200 rotations leaves a whole set that signs',
  { timeout: 120_000 },
  async () => {
    const home = await temporaryDirectory('killed');
    const { keys } = await configIn(home);
    let made = 0;
    let lives = 0;
    while (made < 200) {
      const child = startScript('rotate-for-ever.ts', [home]);
      // Another moment of the loop in every life.
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

test('a running server that cannot read its keys says so once, and once when it can again', async () => {
  let readable = false;
  const heard: unknown[] = [];
  const told = new Promise<void>((resolve) => {
    const ring = {
      refresh: () => (readable ? Promise.resolve() : Promise.reject(new Error('no such disk'))),
    } as KeyRing;
    const stop = keepFresh(ring, (error) => {
      heard.push(error);
      readable = true;
      if (error === undefined) {
        stop();
        resolve();
      }
    });
  });
  await told;
  expect(heard).toEqual([expect.objectContaining({ message: 'no such disk' }), undefined]);
});

describe('a warning comes before the pain', () => {
  test('for a leaf that nothing renews, and an authority in its last half year', async () => {
    const { clock, open } = await newRings({ leafLifetime: '90d', rotateBefore: '30d' });
    const ring = await open();
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
