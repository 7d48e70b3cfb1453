import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeProtectedHeader } from 'jose';
import { expect, test } from 'vitest';
import { dockpassBin, dockpassHome, startServe, type DockpassServer } from '../support/dockpass/dockpass.ts';
import { start } from '../support/process/process.ts';
import { atAnotherTime } from '../support/process/faketime.ts';
import { startScript } from '../support/process/node-child.ts';
import { setClockOf } from '../support/process/changed-clock.ts';
import { needs } from '../support/run/parts.ts';
import { until, untilHttp } from '../support/process/ready.ts';
import { registryPart, registryVersions } from '../support/registry/registry.ts';
import { temporaryDirectory } from '../support/run/temp.ts';
import { bundleIn, startTrusting, statusAt, tokenFor } from '../support/dockpass/trusting-registries.ts';

// Leaf certificates are renewed in time without an operator, and registries need no new configuration for them.

const publicConfig = { publicDomains: ['127.0.0.1'] };

async function publishedBy(server: DockpassServer): Promise<string[]> {
  const { keys } = (await (await fetch(`${server.url}/auth/jwks`)).json()) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid);
}

const leafOf = (token: string): string => String(decodeProtectedHeader(token).kid);

needs(...registryVersions.map(registryPart))('a leaf certificate', () => {
  test('is renewed automatically before it expires and published before it signs, and no registry rejects a token', async () => {
    const server = await startServe({
      config: { ...publicConfig, keys: { leafLifetime: '33s', rotateBefore: '30s' } },
    });
    const registries = await Promise.all(
      registryVersions.map((version) => startTrusting(version, { rootcertbundle: bundleIn(server) })),
    );
    const leaves = new Set<string>();
    for (let count = 0; leaves.size < 4; count++) {
      const asked = performance.now();
      const published = await publishedBy(server);
      const token = await tokenFor(server, `app-${count}`);
      leaves.add(leafOf(token));
      // A leaf certificate is published at least 600 ms before it signs. If the two requests above took longer than
      // 500 ms, the leaf certificate of the token may be newer than the list of published keys.
      if (performance.now() - asked < 500) expect(published).toContain(leafOf(token));
      for (const registry of registries)
        expect([registry.version, await statusAt(registry, token)]).toEqual([registry.version, 200]);
    }
  });

  test('is the same on two servers that share a key directory, even if several commands rotate at once', async () => {
    const one = await startServe({ config: publicConfig });
    const keys = join(one.directory, 'keys');
    const other = await startServe({ config: { ...publicConfig, keys: { directory: keys } } });
    for (let round = 0; round < 3; round++) {
      await Promise.all([one, other, one, other].map((server) => server.must(['keys', 'rotate'])));
      const newest = await until('both servers to publish the same keys', {}, async () => {
        const [here, there] = await Promise.all([one, other].map(publishedBy));
        return JSON.stringify(here) === JSON.stringify(there) ? here?.at(-1) : undefined;
      });
      const signing = await until('both servers to sign with the newest key', {}, async () => {
        const tokens = await Promise.all(
          [one, other].map((server) => tokenFor(server, `r-${performance.now()}`)),
        );
        const used = new Set(tokens.map(leafOf));
        return used.size === 1 && used.has(newest ?? '') ? used : undefined;
      });
      expect(signing.size).toBe(1);
    }
  });
});

/** How often the test kills a rotation. npm run test:soak has time for more. */
const kills = process.env['DOCKPASS_SOAK'] === undefined ? 10 : 200;

needs('registry-2.8', 'registry-3.1')(`kill -9 during a rotation, ${kills} times`, () => {
  test('leaves complete keys each time, and a server signs with them', { timeout: 600_000 }, async () => {
    // The process that rotates has its own configuration and the same key directory as the server.
    const home = await temporaryDirectory('killed');
    const keys = { directory: join(home, 'keys') };
    const server = await startServe({ config: { ...publicConfig, keys } });
    const rootcertbundle = bundleIn({ directory: home });
    const registries = await Promise.all(
      (['2.8', '3.1'] as const).map((version) => startTrusting(version, { rootcertbundle })),
    );
    const leaves = new Set<string>();
    for (let round = 0; round < kills; round++) {
      const rotating = startScript('rotate-until-killed.ts', [home]);
      expect(await rotating.line()).toBeDefined();
      // The kill comes after a random time, so it can hit any moment of the next rotation.
      await new Promise((resolve) => setTimeout(resolve, Math.random() * 30));
      await rotating.kill();
      // `dockpass keys list` is a new process, so it reads the files as the kill left them.
      const listed = JSON.parse((await server.must(['keys', 'list', '--json'])).stdout) as { name: string }[];
      await until('the server to publish the newest key', {}, async () =>
        (await publishedBy(server)).includes(listed.at(-1)?.name ?? '') ? true : undefined,
      );
      const token = await tokenFor(server, `round-${round}`);
      leaves.add(leafOf(token));
      for (const registry of registries)
        expect([round, registry.version, await statusAt(registry, token)]).toEqual([
          round,
          registry.version,
          200,
        ]);
    }
    expect(leaves.size).toBeGreaterThan(1);
    expect(server.process.output()).not.toMatch(/cannot be read/);
  });
});

needs(
  'faketime',
  'other-clock',
  'registry-2.8',
  'registry-3.1',
)('a clock that is 100 days ahead', () => {
  test('while dockpass runs: no leaf certificate is created, and tokens are accepted when the clock is set back', async () => {
    const now = join(await temporaryDirectory('clock'), 'now');
    await writeFile(now, '+0');
    const { FAKETIME: _fixed, ...env } = await atAnotherTime('+0');
    const server = await startServe({
      config: publicConfig,
      env: { ...env, FAKETIME_TIMESTAMP_FILE: now, FAKETIME_NO_CACHE: '1' },
    });
    const registries = await registriesTrusting(server);
    const before = leafOf(await tokenFor(server, 'before'));
    const published = await publishedBy(server);
    await writeFile(now, '+100d');
    // SIGHUP runs the health checks at once, and not only after their interval.
    server.process.signal('SIGHUP');
    await server.process.line(/"the clock of this machine was set forward by 86400\d\d s/);
    await until('the server to see that its leaf certificate has expired', {}, async () =>
      (await fetch(`${server.operationsUrl}/readyz`)).status === 503 ? true : undefined,
    );
    const ready = await (await fetch(`${server.operationsUrl}/readyz`)).text();
    for (const code of ['clock_jumped', 'clock_implausible']) {
      expect(ready).toContain(code);
      const metrics = await (await fetch(`${server.operationsUrl}/metrics`)).text();
      expect(metrics).toContain(`dockpass_warning{code="${code}"} 1`);
    }
    // /auth/jwks reads the key store and would renew the keys.
    expect(await publishedBy(server)).toEqual(published);
    await writeFile(now, '+0');
    await expectAccepted(server, registries, before);
    expect((await fetch(`${server.operationsUrl}/readyz`)).status).toBe(200);
  });

  test('during one start: the registries accept the tokens of the next start', async () => {
    const first = await startServe({ config: publicConfig });
    const { directory } = first;
    const registries = await registriesTrusting(first);
    const before = leafOf(await tokenFor(first, 'before'));
    await first.process.stop();
    const ahead = await startServe({ directory, env: await atAnotherTime('+100d') });
    expect(leafOf(await tokenFor(ahead, 'ahead'))).not.toBe(before);
    await ahead.process.stop();
    await expectAccepted(await startServe({ directory }), registries, before);
  });

  test('during the first start: /readyz names the way back, and after it the registries accept the tokens', async () => {
    const ahead = await atAnotherTime('+100d');
    const wrong = await startServe({ config: publicConfig, env: ahead });
    const { directory } = wrong;
    await tokenFor(wrong, 'wrong');
    await wrong.must(['user', 'add', 'alice', '--generate'], { env: ahead });
    await wrong.process.stop();
    const env = { ...wrong.env, LD_PRELOAD: '' };
    const running = await start(process.execPath, [dockpassBin, 'serve'], { cwd: directory, env });
    await untilHttp(`${wrong.operationsUrl}/readyz`, { part: running, status: 503 });
    const ready = await (await fetch(`${wrong.operationsUrl}/readyz`)).text();
    expect(ready).toMatch(/the certificate authority is valid from .*keys rotate --authority/);
    expect((await fetch(`${wrong.url}/auth/token?service=registry&scope=repository:a:pull`)).status).toBe(
      503,
    );
    await running.stop();

    const home = await dockpassHome({ directory });
    const early = await home.cli(['keys', 'rotate', '--authority']);
    expect([early.status, early.stderr]).toEqual([1, expect.stringContaining('keys rotate --trust-clock')]);
    await home.must(['keys', 'rotate', '--trust-clock']);
    await home.must(['keys', 'rotate', '--authority']);
    const registries = await registriesTrusting(home);
    await home.must(['keys', 'rotate', '--authority'], {
      env: { DOCKPASS_REGISTRIES: registries.map(({ url }) => url).join(',') },
    });
    const server = await startServe({ directory });
    // The first key of the new CA signs within two seconds.
    const token = await until('a token that a registry accepts', {}, async () => {
      const received = await tokenFor(server, `after-${performance.now()}`);
      return (await statusAt(registries[0], received)) === 200 ? received : undefined;
    });
    expect(await statusAt(registries[1], token)).toBe(200);
  });
});

function registriesTrusting(home: { readonly directory: string }) {
  const rootcertbundle = bundleIn(home);
  return Promise.all([startTrusting('2.8', { rootcertbundle }), startTrusting('3.1', { rootcertbundle })]);
}

/** Expects that the server signs its tokens with the key of this leaf certificate, and that the registries accept them. */
async function expectAccepted(
  server: DockpassServer,
  registries: readonly Awaited<ReturnType<typeof startTrusting>>[],
  leaf: string,
): Promise<void> {
  const token = await tokenFor(server, `again-${performance.now()}`);
  expect(leafOf(token)).toBe(leaf);
  for (const registry of registries)
    expect([registry.version, await statusAt(registry, token)]).toEqual([registry.version, 200]);
}

needs('other-clock', ...registryVersions.map(registryPart))('a clock that is an hour off', () => {
  test.each([3600, -3600])(
    '(%i s) does not extend the life of a token: the registry rejects it, and it still expires on time',
    async (off) => {
      const server = await startServe({ config: publicConfig });
      const token = await tokenFor(server, 'a');
      for (const version of registryVersions) {
        const registry = await startTrusting(version, { rootcertbundle: bundleIn(server) });
        expect(await statusAt(registry, token)).toBe(200);
        await setClockOf(registry.process.pid, off);
        expect(await statusAt(registry, token)).toBe(401);
        await setClockOf(registry.process.pid, 0);
        expect(await statusAt(registry, token)).toBe(200);
        // Now the token has expired, and the leeway of 60 seconds is over, too.
        await setClockOf(registry.process.pid, 5 * 60 + 61);
        expect(await statusAt(registry, token)).toBe(401);
      }
    },
  );
});
