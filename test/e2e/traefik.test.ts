import { beforeAll, expect, test } from 'vitest';
import { startHealthySetup, type HealthySetup } from '../support/machine/doctor-faults.ts';
import { craneClient, type Client } from '../support/client/clients.ts';
import { openEdge, type RunningEdge } from '../support/edge/edge-process.ts';
import { startServe, type DockpassServer } from '../support/dockpass/dockpass.ts';
import { handMadeImage } from '../support/registry/image.ts';
import { needs } from '../support/run/parts.ts';
import { registryPart, registryVersions, startShippedRegistry } from '../support/registry/registry.ts';
import { testAuthority, type TestAuthority } from '../support/tls/tls.ts';

// `dockpass up` starts only Caddy or nginx as its edge. This file tests Traefik, which you start yourself.

const password = 'correct horse battery staple';

needs(
  'traefik',
  'registry-3.1',
  'crane',
  'openssl',
)('Traefik in front of registry 3.1', () => {
  let server: DockpassServer;
  let authority: TestAuthority;
  let edge: RunningEdge;
  let alice: Client;
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    server = await startServe({ config: { publicDomains: ['127.0.0.1'] } });
    await server.addUser('alice', password, 'admin');
    const registry = await startShippedRegistry('3.1', server, { REGISTRY_STORAGE_DELETE_ENABLED: 'true' });
    authority = await testAuthority();
    edge = await openEdge('traefik', {
      ...{ authority, registry: registry.port, dockpass: server.port },
      publicDomains: ['127.0.0.1'],
    });
    env = { SSL_CERT_FILE: authority.certificateFile };
    alice = await craneClient();
    await alice.login(edge.localhost, 'alice', password);
  });

  test('accepts a push on the private domain, serves it to anyone on the public domain, and denies everything else', async () => {
    const { directory, manifestDigest } = await handMadeImage();
    await alice.must(['push', directory, `${edge.localhost}/team/app:1`], { env });
    const anyone = await craneClient();
    const pulled = await anyone.must(['digest', `${edge.loopback}/team/app:1`], { env });
    expect(pulled.stdout.trim()).toBe(manifestDigest);
    const refused = await anyone.run(['digest', `${edge.localhost}/team/app:1`], { env });
    expect(refused.output).toContain(`log in first: docker login ${edge.localhost}`);
    await alice.login(edge.loopback, 'alice', password);
    const other = await handMadeImage();
    const pushed = await alice.run(['push', other.directory, `${edge.loopback}/team/app:2`], { env });
    expect(pushed.status).not.toBe(0);
    expect(pushed.output).toContain(
      'log in to push: run docker login with a private domain of this registry',
    );
  });
});

needs(
  'traefik',
  ...registryVersions.map(registryPart),
  'nginx',
  'openssl',
  'host-names',
)('dockpass doctor with Traefik', () => {
  let setup: HealthySetup;
  beforeAll(async () => {
    setup = await startHealthySetup();
  });

  test.each(registryVersions)(
    'finds nothing in front of registry %s, except that 2.8 is outdated',
    async (version) => {
      const registry = await setup.startRegistry({ version, deletes: true });
      const port = await setup.startEdge({ kind: 'traefik', registry: registry.port });
      // doctor warns that registry 2.x has known vulnerabilities.
      const codes = version === '2.8' ? ['registry_outdated'] : [];
      expect(await setup.doctor({ registry: registry.url, port })).toMatchObject({ codes, status: 0 });
    },
  );
});
