import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, it } from 'vitest';
import { openClinic, type Clinic } from '../support/clinic.ts';
import { craneClient, curlClient, type Client } from '../support/clients.ts';
import { openDoor, type Door } from '../support/door.ts';
import { startServe, type DockpassServer } from '../support/dockpass.ts';
import { repository } from '../support/environment.ts';
import { handMadeImage } from '../support/image.ts';
import { needs } from '../support/parts.ts';
import { ioOf } from '../support/process-io.ts';
import { registryPart, registryVersions, startRegistry } from '../support/registry.ts';
import { mustRun } from '../support/run.ts';
import { testAuthority, type TestAuthority } from '../support/tls.ts';

// `up` runs Caddy or nginx; Traefik is for whoever has one.

const password = 'correct horse battery staple';
const megabyte = 1_000_000;
const gibibyte = 1 << 30;
const timeout = 180_000;
const shipped = await readFile(join(repository, 'registry-config.yml'), 'utf8');

needs(
  'traefik',
  'registry-3.1',
  'crane',
  'curl',
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
    const registry = await startRegistry('3.1', {
      config: shipped,
      env: {
        REGISTRY_AUTH_TOKEN_ROOTCERTBUNDLE: join(server.directory, 'keys', 'rootcertbundle.pem'),
        REGISTRY_STORAGE_DELETE_ENABLED: 'true',
      },
    });
    authority = await testAuthority();
    door = await openDoor('traefik', {
      ...{ authority, registry: registry.port, dockpass: server.port },
      publicDomains: ['127.0.0.1'],
    });
    env = { SSL_CERT_FILE: authority.certificateFile };
    alice = await craneClient();
    await alice.login(door.localhost, 'alice', password);
  });

  /** curl with a name and password, as scripts and user interfaces ask a registry. */
  async function asked(path: string, ...words: string[]): Promise<{ status: string; body: string }> {
    const curl = await curlClient();
    const user = ['--user', `alice:${password}`];
    const trust = ['--cacert', authority.certificateFile];
    const said = await curl.must([
      ...[...trust, ...user, ...words],
      ...['--write-out', '\n%{http_code}', `https://${door.localhost}${path}`],
    ]);
    const [body = '', status = ''] = said.stdout.split(/\n(?=\d+$)/);
    return { status, body };
  }

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
    expect(pushed.output).toContain('log in to push, under a private name of this registry');
  });

  it('changes Basic into a token: catalog, tags, upload, delete', async () => {
    expect(JSON.parse((await asked('/v2/_catalog')).body)).toEqual({ repositories: ['team/app'] });
    expect(JSON.parse((await asked('/v2/team/app/tags/list')).body)).toMatchObject({ tags: ['1'] });
    const uploads = await asked('/v2/team/app/blobs/uploads/', '--request', 'POST');
    expect(uploads.status).toBe('202');
    const digest = (await alice.must(['digest', `${door.localhost}/team/app:1`], { env })).stdout.trim();
    expect((await asked(`/v2/team/app/manifests/${digest}`, '--request', 'DELETE')).status).toBe('202');
  });

  it('carries a token of 100 scopes and more than 8 KB', async () => {
    const curl = await curlClient();
    const trust = ['--cacert', authority.certificateFile, '--fail-with-body'];
    const scopes = Array.from({ length: 100 }, (_, at) => `scope=repository:team/app-${at}:pull,push`);
    const query = ['service=registry', ...scopes].flatMap((pair) => ['--data', pair]);
    const url = `https://${door.localhost}/auth/token`;
    const answer = await curl.must([...trust, '--get', ...query, '--user', `alice:${password}`, url]);
    const { token } = JSON.parse(answer.stdout) as { token: string };
    expect(token.length).toBeGreaterThan(8192);
    const bearer = ['--header', `Authorization: Bearer ${token}`];
    const begun = `https://${door.localhost}/v2/team/app-99/blobs/uploads/`;
    await curl.must([...trust, ...bearer, '--request', 'POST', begun]);
  });

  it(
    'pushes and pulls 1 GiB, of which nothing passes through Node or lies on its disk',
    { timeout },
    async () => {
      const image = await handMadeImage(gibibyte);
      const [node, traefik] = [server.process.pid, door.process.pid];
      const before = { node: ioOf(node), traefik: ioOf(traefik) };
      await alice.must(['push', image.directory, `${door.localhost}/large:1`], { env, timeout });
      const blob = `${door.localhost}/large@${image.layerDigest}`;
      const pulled = await mustRun('bash', ['-c', `'${alice.command}' blob '${blob}' | sha256sum`], {
        env: { ...env, DOCKER_CONFIG: alice.directory, HOME: alice.directory },
        timeout,
      });
      expect(pulled.stdout).toContain(image.layerDigest.slice('sha256:'.length));
      expect(ioOf(node).read - before.node.read).toBeLessThan(megabyte);
      expect(ioOf(node).written - before.node.written).toBeLessThan(megabyte);
      expect(ioOf(traefik).onDisk - before.traefik.onDisk).toBeLessThan(megabyte);
    },
  );
});

needs(
  'traefik',
  ...registryVersions.map(registryPart),
  'nginx',
  'openssl',
  'host-names',
)('Traefik, in the eyes of doctor', () => {
  let clinic: Clinic;
  beforeAll(async () => {
    clinic = await openClinic();
  });

  it.each(registryVersions)('is healthy before registry %s', async (version) => {
    const registry = await clinic.startRegistry({ version, deletes: true });
    const port = await clinic.startEdge({ kind: 'traefik', registry: registry.port });
    expect(await clinic.doctor({ registry: registry.url, port })).toMatchObject({
      findings: [],
      status: 0,
    });
  });
});
