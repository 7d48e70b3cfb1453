import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeProtectedHeader } from 'jose';
import { expect, it } from 'vitest';
import { startServe, type DockpassServer } from '../support/dockpass.ts';
import { needs } from '../support/parts.ts';
import { until } from '../support/ready.ts';
import { registryVersions, startRegistry, type Registry, type RegistryVersion } from '../support/registry.ts';
import { mustRun } from '../support/run.ts';
import { temporaryDirectory } from '../support/temp.ts';

// Keys that nobody has to think about, on real registries that trust one bundle.

const publicly = { publicDomains: ['127.0.0.1'] };

const bundleOf = (server: DockpassServer): string => join(server.directory, 'keys', 'rootcertbundle.pem');

function trusting(server: DockpassServer, version: RegistryVersion, port?: number): Promise<Registry> {
  return startRegistry(version, {
    ...(port !== undefined && { port }),
    config: {
      version: '0.1',
      log: { level: 'error', accesslog: { disabled: true } },
      storage: { filesystem: { rootdirectory: 'replaced by the environment' } },
      http: { addr: 'replaced by the environment', relativeurls: true },
      auth: {
        token: {
          realm: 'https://localhost/auth/token',
          service: 'registry',
          issuer: 'dockpass',
          rootcertbundle: bundleOf(server),
        },
      },
    },
  });
}

async function tokenFor(server: DockpassServer, repository: string): Promise<string> {
  const answer = await fetch(`${server.url}/auth/token?service=registry&scope=repository:${repository}:pull`);
  return ((await answer.json()) as { token: string }).token;
}

async function statusOf(registry: Registry, token: string): Promise<number> {
  const answer = await fetch(`${registry.url}/v2/`, { headers: { authorization: `Bearer ${token}` } });
  await answer.arrayBuffer();
  return answer.status;
}

needs(
  'registry-2.8',
  'registry-3.0',
  'registry-3.1',
)('a rotation every second, for 30 seconds', () => {
  it('is noticed by no registry: not one token is refused', { timeout: 180_000 }, async () => {
    const server = await startServe({ config: publicly });
    const registries = await Promise.all(registryVersions.map((version) => trusting(server, version)));
    const end = performance.now() + 30_000;
    const statuses = new Map<number, number>();
    const leaves = new Set<unknown>();
    const load = async (worker: number): Promise<void> => {
      for (let count = 0; performance.now() < end; count++) {
        // Another name each time: no token is shared.
        const token = await tokenFor(server, `load/${worker}-${count}`);
        leaves.add(decodeProtectedHeader(token).kid);
        for (const registry of registries) {
          const status = await statusOf(registry, token);
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

needs('registry-2.8', 'registry-3.1')('the authority', () => {
  it('rolls over in two steps, the second only when every registry has the bundle', async () => {
    const directory = await temporaryDirectory('rollover');
    const server = await startServe({ directory, config: publicly });
    let [old, recent] = await Promise.all([trusting(server, '2.8'), trusting(server, '3.1')]);
    const before = await tokenFor(server, 'a');
    await writeFile(
      join(directory, 'dockpass.yml'),
      JSON.stringify({ ...publicly, registries: [old.url, recent.url] }),
    );

    const first = await server.must(['keys', 'rotate', '--authority']);
    expect(first.stderr).toContain(`Give that file to the registry at ${old.url}, and restart it.`);
    expect((await readFile(bundleOf(server), 'utf8')).match(/BEGIN CERTIFICATE/g)).toHaveLength(2);

    const tooEarly = await server.cli(['keys', 'rotate', '--authority']);
    expect(tooEarly.status).toBe(1);
    expect(tooEarly.stderr).toContain(`the registry at ${recent.url} does not trust the new authority yet`);
    expect(await statusOf(old, await tokenFor(server, 'b'))).toBe(200);

    await Promise.all([old.process.stop(), recent.process.stop()]);
    [old, recent] = await Promise.all([
      trusting(server, '2.8', old.port),
      trusting(server, '3.1', recent.port),
    ]);
    await server.must(['keys', 'rotate', '--authority']);
    const leaf = String(((await listed(server)).at(-1) as { name: string }).name);
    const after = await until('a token of the new authority', {}, async () => {
      const token = await tokenFor(server, `c-${performance.now()}`);
      return decodeProtectedHeader(token).kid === leaf ? token : undefined;
    });
    for (const registry of [old, recent]) {
      expect([await statusOf(registry, before), await statusOf(registry, after)]).toEqual([200, 200]);
    }
  });

  it("may come from a PKI of one's own: an EC intermediate, its key encrypted", async () => {
    const pki = await temporaryDirectory('pki');
    const openssl = (...args: string[]) => mustRun('openssl', args, { cwd: pki });
    const ca = ['-addext', 'basicConstraints=critical,CA:TRUE'];
    await openssl(
      'req',
      '-x509',
      '-newkey',
      'rsa:2048',
      '-nodes',
      '-keyout',
      'root.key',
      '-out',
      'root.crt',
      '-subj',
      '/CN=Corp Root',
      '-days',
      '30',
      ...ca,
    );
    await openssl(
      'genpkey',
      '-algorithm',
      'EC',
      '-pkeyopt',
      'ec_paramgen_curve:P-384',
      '-aes256',
      '-pass',
      'pass:hunter2',
      '-out',
      'issuing.key',
    );
    await mustRun('chmod', ['600', join(pki, 'issuing.key')]);
    await openssl(
      'req',
      '-new',
      '-key',
      'issuing.key',
      '-passin',
      'pass:hunter2',
      '-subj',
      '/CN=Corp Issuing',
      '-out',
      'issuing.csr',
    );
    await writeFile(join(pki, 'ca.ext'), 'basicConstraints=critical,CA:TRUE\n');
    await openssl(
      'x509',
      '-req',
      '-in',
      'issuing.csr',
      '-CA',
      'root.crt',
      '-CAkey',
      'root.key',
      '-CAcreateserial',
      '-days',
      '20',
      '-extfile',
      'ca.ext',
      '-out',
      'issuing.crt',
    );
    await writeFile(
      join(pki, 'chain.pem'),
      (await readFile(join(pki, 'issuing.crt'), 'utf8')) + (await readFile(join(pki, 'root.crt'), 'utf8')),
    );
    await writeFile(join(pki, 'passphrase'), 'hunter2\n');
    const authority = { certificate: join(pki, 'chain.pem'), key: join(pki, 'issuing.key') };
    const server = await startServe({
      config: { ...publicly, keys: { authority } },
      env: { DOCKPASS_KEYS_AUTHORITY_PASSPHRASE_FILE: join(pki, 'passphrase') },
    });
    const token = await tokenFor(server, 'a');
    // A registry that was given the whole bundle, and one that was given the root alone.
    for (const version of ['2.8', '3.1'] as const)
      expect(await statusOf(await trusting(server, version), token)).toBe(200);
    await writeFile(bundleOf(server), await readFile(join(pki, 'root.crt')));
    expect(await statusOf(await trusting(server, '3.1'), token)).toBe(200);
  });
});

it('a changed configuration is taken over whole, by itself and on SIGHUP; a bad one not at all', async () => {
  const server = await startServe({ config: { publicDomains: [] } });
  const file = join(server.directory, 'dockpass.yml');
  const statusAnonymous = async (): Promise<number> =>
    (await fetch(`${server.url}/auth/token?service=registry&scope=repository:a:pull`)).status;
  expect(await statusAnonymous()).toBe(401);

  await writeFile(file, JSON.stringify(publicly));
  await until('the public domain', {}, async () => ((await statusAnonymous()) === 200 ? true : undefined));

  await writeFile(file, JSON.stringify({ publicDomains: [], servce: 'typo' }));
  const degraded = await until('the warning', {}, async () => {
    const ready = (await (await fetch(`${server.operationsUrl}/readyz`)).json()) as { status: string };
    return ready.status === 'degraded' ? JSON.stringify(ready) : undefined;
  });
  expect(degraded).toContain('configuration_not_reloaded');
  expect(degraded).toContain('servce');
  expect(await statusAnonymous()).toBe(200);

  await writeFile(file, JSON.stringify({ publicDomains: [] }));
  server.process.signal('SIGHUP');
  await until('the private domain', {}, async () => ((await statusAnonymous()) === 401 ? true : undefined));
  expect(server.process.isRunning()).toBe(true);
});

async function listed(server: DockpassServer): Promise<unknown[]> {
  return JSON.parse((await server.must(['keys', 'list', '--json'])).stdout) as unknown[];
}
