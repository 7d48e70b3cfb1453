import { describe, expect, test } from 'vitest';
import type { KeyStore } from '../../../src/keys/storage/key-store.ts';
import type { KeyRing } from '../../../src/keys/key-ring.ts';
import type { KeySettings } from '../../../src/keys/key-settings.ts';
import { readLeafSet, succeedLeafSet } from '../../../src/keys/leaf-set.ts';
import { openKeyRing } from '../../../src/keys/open-key-ring.ts';
import { beginRollover, finishRollover, isRolloverUnderWay } from '../../../src/keys/ca/rollover.ts';
import { fakeClock, type FakeClock } from '../../support/dockpass/issuer.ts';
import { configIn } from '../../support/dockpass/settings.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

/** A place for keys, which is empty at first. Each call of `connect` opens the place as another process would. */
export interface KeyPlace {
  connect(): Promise<KeyStore>;
}

interface Rings {
  readonly settings: KeySettings;
  readonly clock: FakeClock;
  readonly place: KeyPlace;
  /** Opens the keys as another process would. */
  open(): Promise<KeyRing>;
}

/** One day in seconds. */
const day = 24 * 60 * 60;

const uses = (ring: KeyRing): string[] => ring.list().map(({ use }) => use);
const published = (ring: KeyRing): unknown[] => ring.published().map(({ kid }) => kid);

/** Tests that must pass wherever the keys are stored: in a folder or in the database. */
export function keysBehaviour(where: string, newPlace: (directory: string) => Promise<KeyPlace>): void {
  const newRings = async (keySettings: Readonly<Record<string, unknown>> = {}): Promise<Rings> => {
    const directory = await temporaryDirectory('rings');
    const { keys: settings } = await configIn(directory, { keys: keySettings });
    const place = await newPlace(settings.directory);
    const clock = fakeClock();
    const open = async (): Promise<KeyRing> => openKeyRing(settings, clock, await place.connect());
    return { settings, clock, place, open };
  };

  describe(`${where}: named texts`, () => {
    test('are complete, and are created by exactly one of several processes', async () => {
      const { place } = await newRings();
      const [one, other] = [await place.connect(), await place.connect()];
      const made = await Promise.all(
        Array.from({ length: 6 }, (_, at) =>
          (at % 2 === 0 ? one : other).create('leaves-1.pem', `text ${at}`),
        ),
      );
      expect(made.filter(Boolean)).toHaveLength(1);
      expect(await other.read('leaves-1.pem')).toBe(`text ${made.indexOf(true)}`);
      await one.replace('authority-next.pem', 'next');
      await one.replace('authority-next.pem', 'näxt');
      await other.rename('authority-next.pem', 'authority.pem');
      expect([await one.read('authority.pem'), await one.read('authority-next.pem')]).toEqual([
        'näxt',
        undefined,
      ]);
      await one.remove('leaves-1.pem');
      expect(await other.names()).toEqual(['authority.pem']);
      await expect(other.rename('authority-next.pem', 'authority.pem')).rejects.toThrow();
    });
  });

  describe(`${where}: a set of signing keys with an unexpected number`, () => {
    test('stops the start instead of hanging it, and running servers continue with their keys', async () => {
      const { open, place } = await newRings();
      const running = await open();
      const before = running.current().kid;
      const keyStore = await place.connect();
      await keyStore.create('leaves-007.pem', (await keyStore.read('leaves-1.pem')) ?? '');
      const error = { code: 'key_files', message: expect.stringContaining('leaves-007.pem') as string };
      await expect(open()).rejects.toMatchObject(error);
      await expect(running.refresh()).rejects.toMatchObject(error);
      expect(running.current().kid).toBe(before);
      await keyStore.remove('leaves-007.pem');
      await running.refresh();
      await open();
    });

    test('is never written by dockpass: a number without a successor stops the rotation, and the keys stay', async () => {
      const { open, place } = await newRings();
      await open();
      const keyStore = await place.connect();
      await keyStore.rename('leaves-1.pem', 'leaves-999999999997.pem');
      const ring = await open();
      await ring.rotate();
      const names = await keyStore.names();
      expect(names).toContain('leaves-999999999998.pem');
      await expect(ring.rotate()).rejects.toMatchObject({
        code: 'key_files',
        message: expect.stringMatching(
          /leaves-999999999998\.pem.* has the highest possible number/,
        ) as string,
      });
      expect(await keyStore.names()).toEqual(names);
      expect(published(await open())).toEqual(published(ring));
    });
  });

  describe(`${where}: a new signing key`, () => {
    test('is published at once and signs within two seconds; tokens of the previous key stay valid', async () => {
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

    test('is published by every process before any process signs with it', async () => {
      const { clock, open } = await newRings();
      const [one, other] = [await open(), await open()];
      await one.rotate();
      const next = one.list().at(-1)?.name;
      // Each process refreshes its keys every 0.4 seconds. At this time, a process may not have loaded the new key yet.
      clock.advance(0.4);
      expect(one.current().kid).not.toBe(next);
      await other.refresh();
      expect(published(other)).toContain(next);
      clock.advance(1.6);
      expect([one.current().kid, other.current().kid]).toEqual([next, next]);
    });

    test('is loaded by a refresh that begins after its creation, even if another refresh is running', async () => {
      const { open } = await newRings();
      const [one, other] = [await open(), await open()];
      const early = other.refresh();
      await one.rotate();
      await Promise.all([early, other.refresh()]);
      expect(published(other)).toEqual(published(one));
    });

    test('is created automatically before the old one expires, once for all processes', async () => {
      const { clock, open } = await newRings({ leafLifetime: '90d', rotateBefore: '30d' });
      const rings = [await open(), await open(), await open()];
      clock.advance(59 * day);
      for (const ring of rings) await ring.refresh();
      expect(rings.map(uses)).toEqual(rings.map(() => ['certifies leaves', 'signs tokens']));
      clock.advance(2 * day);
      await Promise.all(rings.map((ring) => ring.refresh()));
      for (const ring of rings) await ring.refresh();
      for (const ring of rings)
        expect(uses(ring)).toEqual(['certifies leaves', 'signs tokens', 'will sign tokens']);
      expect(new Set(rings.map((ring) => JSON.stringify(published(ring)))).size).toBe(1);
    });

    test('is created at once if the clock jumps past the end of the old one', async () => {
      const { clock, open } = await newRings({ leafLifetime: '90d' });
      const [ring, other] = [await open(), await open()];
      const ended = ring.current().kid;
      clock.advance(100 * day);
      await ring.refresh();
      await other.refresh();
      expect(ring.current().kid).not.toBe(ended);
      expect(other.current().kid).toBe(ring.current().kid);
      expect(ring.current().certificate.validToDate.getTime()).toBeGreaterThan(clock());
    });

    test('is not created repeatedly if the CA has expired', async () => {
      const { clock, open } = await newRings();
      const ring = await open();
      clock.advance(11 * 365 * day);
      await ring.refresh();
      expect(uses(ring)).toEqual(['certifies leaves', 'signs tokens']);
    });

    test('is the same for all processes if several rotate at once', async () => {
      const { clock, open } = await newRings();
      const rings = await Promise.all([open(), open(), open()]);
      for (let round = 0; round < 5; round++) {
        const before = new Set(published(rings[0]));
        await Promise.all(rings.map((ring) => ring.rotate()));
        await Promise.all(rings.map((ring) => ring.refresh()));
        for (const ring of rings) expect(published(ring).filter((kid) => !before.has(kid))).toHaveLength(1);
        clock.advance(2);
        expect(new Set(rings.map((ring) => ring.current().kid)).size).toBe(1);
        expect(new Set(rings.map((ring) => JSON.stringify(ring.published()))).size).toBe(1);
      }
    });
  });

  describe(`${where}: a clock that was 100 days ahead`, () => {
    test('leaves the good leaf certificate in place, which signs again when the clock is right', async () => {
      const { clock, open, place } = await newRings();
      const running = await open();
      const good = running.current().kid;
      const bundle = running.rootCertBundle();
      // Starts at several wrong times, and with each of them a rotation that is due.
      for (const days of [100, 100, 100]) {
        clock.advance(days * day);
        const early = await open();
        expect(early.current().kid).not.toBe(good);
        expect(early.current().expiresAt).toBeGreaterThan(clock());
      }
      clock.advance(-300 * day);
      const names = await (await place.connect()).names();
      const restarted = await open();
      await running.refresh();
      for (const ring of [restarted, running]) {
        expect(ring.current().kid).toBe(good);
        expect(ring.rootCertBundle()).toBe(bundle);
      }
      expect(uses(restarted)).toEqual([
        'certifies leaves',
        'signs tokens',
        ...Array<string>(3).fill('will sign tokens'),
      ]);
      expect(await (await place.connect()).names()).toEqual(names);
    });

    test('does not delay the renewal: the leaf certificate of the future counts as none', async () => {
      const { clock, open } = await newRings({ leafLifetime: '90d', rotateBefore: '30d' });
      const first = (await open()).current().kid;
      clock.advance(100 * day);
      await open();
      clock.advance(-39 * day);
      const ring = await open();
      clock.advance(2);
      expect([first, ring.list()[2]?.name]).not.toContain(ring.current().kid);
      expect(ring.current().validFromAt).toBeLessThanOrEqual(clock());
      // The leaf certificates that were never needed are removed by the next renewal.
      clock.advance(61 * day);
      await ring.refresh();
      expect(ring.list()).toHaveLength(1 + 2);
    });

    test('and that left only a leaf certificate of the future: it is never current, and a new one is created', async () => {
      const { settings, clock, open, place } = await newRings();
      await open();
      clock.advance(100 * day);
      const early = (await open()).current();
      // Earlier versions removed the good leaf certificate.
      const keyStore = await place.connect();
      const set = await readLeafSet(keyStore);
      const { generation = 0, leaves = [] } = set ?? {};
      await succeedLeafSet(keyStore, { generation: generation + 1, leaves: leaves.slice(-1) });
      clock.advance(-100 * day);
      const waiting = await openKeyRing(settings, clock, keyStore, {
        clockFault: () => 'the clock is wrong',
      });
      expect(() => waiting.current()).toThrow(expect.objectContaining({ code: 'unavailable' }) as Error);
      expect(uses(waiting)).toEqual(['certifies leaves', 'will sign tokens']);
      await expect(waiting.rotate()).rejects.toMatchObject({ code: 'clock_implausible' });
      const ring = await open();
      expect(ring.current().kid).not.toBe(early.kid);
      expect(ring.current().expiresAt).toBeLessThan(early.expiresAt);
    });

    test('creates nothing while it is known to be wrong', async () => {
      const { settings, clock, open, place } = await newRings();
      const keyStore = await place.connect();
      let fault: string | undefined = 'the clock shows another century';
      const options = { clockFault: () => fault };
      await expect(openKeyRing(settings, clock, keyStore, options)).rejects.toMatchObject({
        code: 'clock_implausible',
        message: expect.stringContaining('another century') as string,
      });
      expect(await keyStore.names()).toEqual([]);
      await open();
      const names = await keyStore.names();
      clock.advance(100 * day);
      const ring = await openKeyRing(settings, clock, keyStore, options);
      await ring.refresh();
      expect(await keyStore.names()).toEqual(names);
      fault = undefined;
      await ring.refresh();
      expect(ring.list()).toHaveLength(1 + 2);
    });
  });

  describe(`${where}: the CA`, () => {
    test('is created once if many processes start for the first time at once', async () => {
      const { open } = await newRings();
      const rings = await Promise.all([open(), open(), open()]);
      for (const ring of rings) await ring.refresh();
      expect(new Set(rings.map((ring) => ring.rootCertBundle())).size).toBe(1);
      expect(new Set(rings.map((ring) => ring.current().kid)).size).toBe(1);
    });

    test('is never created again by a running process', async () => {
      const { open, place } = await newRings();
      const ring = await open();
      const before = ring.current().kid;
      const keyStore = await place.connect();
      for (const name of await keyStore.names()) await keyStore.remove(name);
      await expect(ring.refresh()).rejects.toThrow(/authority\.pem.* no longer exists/);
      expect(await keyStore.names()).toEqual([]);
      expect(ring.current().kid).toBe(before);
    });

    test('counts as lost if leaf certificates exist without it, and is not replaced', async () => {
      const { open, place } = await newRings();
      await open();
      const keyStore = await place.connect();
      await keyStore.remove('authority.pem');
      await expect(open()).rejects.toThrow(/authority\.pem.* is missing.*keys create --new-authority/);
      expect(await keyStore.names()).toEqual(['leaves-1.pem']);
    });

    test('rolls over in two steps, and every process publishes both CAs in its bundle', async () => {
      const { open, place, settings, clock } = await newRings();
      const [one, other] = [await open(), await open()];
      const old = one.rootCertBundle();
      await beginRollover(settings, await place.connect(), clock);
      await one.refresh();
      await other.refresh();
      expect(other.rootCertBundle()).toBe(one.rootCertBundle());
      expect(one.rootCertBundle().startsWith(old)).toBe(true);
      expect(one.rootCertBundle().match(/BEGIN/g)).toHaveLength(2);
      await finishRollover(settings, await place.connect());
      expect(await isRolloverUnderWay(settings, await place.connect())).toBe(false);
      await Promise.all([one.refresh(), other.refresh()]);
      await Promise.all([one.refresh(), other.refresh()]);
      clock.advance(2);
      const [authority = ''] = one.rootCertBundle().split(/(?<=-----END CERTIFICATE-----\n)/);
      expect(authority).not.toBe(old);
      expect(one.current().kid).toBe(other.current().kid);
    });
  });
}
