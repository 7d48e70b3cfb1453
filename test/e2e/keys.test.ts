import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeProtectedHeader } from 'jose';
import { expect, test } from 'vitest';
import { startServe, type DockpassServer } from '../support/dockpass/dockpass.ts';
import { isFullMatrix } from '../support/edge/registry-behind-edge.ts';
import { needs } from '../support/run/parts.ts';
import { until } from '../support/process/ready.ts';
import { registryVersions, type Registry, type RegistryVersion } from '../support/registry/registry.ts';
import { temporaryDirectory } from '../support/run/temp.ts';
import { ownPki } from '../support/tls/pki.ts';
import { bundleIn, startTrusting, statusAt, tokenFor } from '../support/dockpass/trusting-registries.ts';

// Keys and the CA are replaced while real registries verify tokens with one trust bundle.

const rotatingSeconds = isFullMatrix ? 30 : 10;

const publicConfig = { publicDomains: ['127.0.0.1'] };

const trusting = (server: DockpassServer, version: RegistryVersion, port?: number): Promise<Registry> =>
  startTrusting(version, { rootcertbundle: bundleIn(server) }, port);

needs(
  'registry-2.8',
  'registry-3.0',
  'registry-3.1',
)(`a key rotation every second for ${rotatingSeconds} seconds`, () => {
  test('does not make any registry reject a token', { timeout: 180_000 }, async () => {
    const server = await startServe({ config: publicConfig });
    const registries = await Promise.all(registryVersions.map((version) => trusting(server, version)));
    const end = performance.now() + rotatingSeconds * 1000;
    const statuses = new Map<number, number>();
    const leaves = new Set<unknown>();
    const load = async (worker: number): Promise<void> => {
      for (let count = 0; performance.now() < end; count++) {
        const asked = performance.now();
        const published = await (await fetch(`${server.url}/auth/jwks`)).text();
        // Each request names another repository, so that the server does not share one token between requests.
        const token = await tokenFor(server, `load/${worker}-${count}`);
        const { kid } = decodeProtectedHeader(token);
        leaves.add(kid);
        // A leaf certificate is published at least 600 ms before it signs. If the two requests above took longer than
        // 500 ms, the leaf certificate of the token may be newer than the list of published keys.
        if (performance.now() - asked < 500) expect(published).toContain(`"${kid}"`);
        for (const registry of registries) {
          const status = await statusAt(registry, token);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
      }
    };
    let rotations = 0;
    const rotating = (async (): Promise<void> => {
      for (; performance.now() < end; rotations++) {
        const [began] = [performance.now()];
        await server.must(['keys', 'rotate']);
        await until('the next second', {}, async () => (performance.now() - began > 1000 ? true : undefined));
      }
    })();
    await Promise.all([load(1), load(2), rotating]);
    expect([...statuses.keys()]).toEqual([200]);
    expect(leaves.size).toBeGreaterThan(rotations / 2);
    expect(rotations).toBeGreaterThan(5);
  });
});

needs(
  'openssl',
  'registry-2.8',
  'registry-3.0',
  'registry-3.1',
)('an RSA CA of an earlier version', () => {
  test('is kept until it rolls over to a P-256 CA in two steps; the second requires that every registry trusts the new CA', async () => {
    const directory = await temporaryDirectory('rollover');
    const { certificate, key } = await (await ownPki()).root({ kind: ['RSA', 'rsa_keygen_bits:3072'] });
    await mkdir(join(directory, 'keys'), { mode: 0o700 });
    const pair = `${await readFile(key, 'utf8')}${await readFile(certificate, 'utf8')}`;
    await writeFile(join(directory, 'keys', 'authority.pem'), pair, { mode: 0o600 });
    const server = await startServe({ directory, config: publicConfig });
    expect(await authorityKey(server)).toBe('RSA 3072');
    let registries = await Promise.all(registryVersions.map((version) => trusting(server, version)));
    const before = await tokenFor(server, 'a');
    const urls = registries.map(({ url }) => url);
    const last = urls.at(-1);
    await writeFile(join(directory, 'dockpass.yml'), JSON.stringify({ ...publicConfig, registries: urls }));

    const first = await server.must(['keys', 'rotate', '--authority']);
    expect(first.stderr).toContain(
      `Give the new trust bundle to the registry at ${urls[0]}, and restart the registry.`,
    );
    expect((await readFile(bundleIn(server), 'utf8')).match(/BEGIN CERTIFICATE/g)).toHaveLength(2);

    const tooEarly = await server.cli(['keys', 'rotate', '--authority']);
    expect(tooEarly.status).toBe(1);
    expect(tooEarly.stderr).toContain(`the registry at ${last} does not trust the new CA yet`);
    for (const registry of registries)
      expect(await statusAt(registry, await tokenFor(server, 'b'))).toBe(200);

    registries = await Promise.all(
      registries.map(async ({ process, port }, at) => {
        await process.stop();
        return trusting(server, registryVersions[at] as RegistryVersion, port);
      }),
    );
    await server.must(['keys', 'rotate', '--authority']);
    expect(await authorityKey(server)).toBe('EC prime256v1');
    const leaf = (await listed(server)).at(-1)?.name;
    const after = await until('a token of the new CA', {}, async () => {
      const token = await tokenFor(server, `c-${performance.now()}`);
      return decodeProtectedHeader(token).kid === leaf ? token : undefined;
    });
    for (const registry of registries) {
      expect([await statusAt(registry, before), await statusAt(registry, after)]).toEqual([200, 200]);
    }
  });
});

interface ListedKey {
  readonly name: string;
  readonly algorithm: string;
}

async function listed(server: DockpassServer): Promise<ListedKey[]> {
  return JSON.parse((await server.must(['keys', 'list', '--json'])).stdout) as ListedKey[];
}

async function authorityKey(server: DockpassServer): Promise<string | undefined> {
  return (await listed(server)).find(({ name }) => name === 'authority')?.algorithm;
}
