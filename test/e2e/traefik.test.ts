import { beforeAll, expect, it } from 'vitest';
import { startHealthySetup, type HealthySetup } from '../support/machine/doctor-faults.ts';
import { craneClient, type Client } from '../support/client/clients.ts';
import { openDoor, type Door } from '../support/edge/edge-process.ts';
import { startServe, type DockpassServer } from '../support/dockpass/dockpass.ts';
import { handMadeImage } from '../support/registry/image.ts';
import { needs } from '../support/run/parts.ts';
import { registryPart, registryVersions, startShippedRegistry } from '../support/registry/registry.ts';
import { testAuthority, type TestAuthority } from '../support/tls/tls.ts';

// `up` runs Caddy or nginx; Traefik is for whoever has one.

const password = 'correct horse battery staple';

needs(
  'traefik',
  'registry-3.1',
  'crane',
  'openssl',
)('Traefik before registry 3.1', () => {
  let server: DockpassServer;
  let authority: TestAuthority;
  let door: Door;
  let alice: Client;
  let env: Readonly<Record<string, string>>;
  beforeAll(async () => {
    server = await startServe({ config: { publicDomains: ['127.0.0.1'] } });
    await server.addUser('alice', password, 'admin');
    const registry = await startShippedRegistry('3.1', server, { REGISTRY_STORAGE_DELETE_ENABLED: 'true' });
    authority = await testAuthority();
    door = await openDoor('traefik', {
      ...{ authority, registry: registry.port, dockpass: server.port },
      publicDomains: ['127.0.0.1'],
    });
    env = { SSL_CERT_FILE: authority.certificateFile };
    alice = await craneClient();
    await alice.login(door.localhost, 'alice', password);
  });

  it('takes a push under the private name, serves it to anyone under the public one, and no more', async () => {
    const { directory, manifestDigest } = await handMadeImage();
    await alice.must(['push', directory, `${door.localhost}/team/app:1`], { env });
    const anyone = await craneClient();
    const pulled = await anyone.must(['digest', `${door.loopback}/team/app:1`], { env });
    expect(pulled.stdout.trim()).toBe(manifestDigest);
    const refused = await anyone.run(['digest', `${door.localhost}/team/app:1`], { env });
    expect(refused.output).toContain(`log in first: docker login ${door.localhost}`);
    await alice.login(door.loopback, 'alice', password);
    const other = await handMadeImage();
    const pushed = await alice.run(['push', other.directory, `${door.loopback}/team/app:2`], { env });
    expect(pushed.status).not.toBe(0);
    expect(pushed.output).toContain('log in to push, under a private domain of this registry');
  });
});

needs(
  'traefik',
  ...registryVersions.map(registryPart),
  'nginx',
  'openssl',
  'host-names',
)('Traefik, in the eyes of doctor', () => {
  let setup: HealthySetup;
  beforeAll(async () => {
    setup = await startHealthySetup();
  });

  it.each(registryVersions)('is healthy before registry %s', async (version) => {
    const registry = await setup.startRegistry({ version, deletes: true });
    const port = await setup.startEdge({ kind: 'traefik', registry: registry.port });
    expect(await setup.doctor({ registry: registry.url, port })).toMatchObject({
      findings: [],
      status: 0,
    });
  });
});
