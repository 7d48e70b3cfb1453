import { X509Certificate } from 'node:crypto';
import { chmod, chown, lstat, mkdir, readdir, readFile, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { craneClient, dockerClient, type Client } from '../support/client/clients.ts';
import { fastChecks, startContainer, type Container } from '../support/client/container.ts';
import { until } from '../support/process/ready.ts';
import { mustRun, succeeded } from '../support/process/run.ts';
import { buildImage, prepareBaseImages } from '../support/registry/base-images.ts';
import { handMadeImage } from '../support/registry/image.ts';
import { repository } from '../support/run/environment.ts';
import { engineParts, needs } from '../support/run/parts.ts';
import { freePort } from '../support/run/ports.ts';
import { temporaryDirectory } from '../support/run/temp.ts';

// In the all-in-one image, an attacker who has taken over the registry or the edge must not be able to read what the
// token server stores. So each of the three programs has its own user, if the container starts as root.

const users = { dockpass: 65532, registry: 65533, edge: 65531 } as const;
const image = 'dockpass-all-in-one';
const data = '/var/lib/registry/.dockpass';
const password = 'correct horse battery staple';

needs(
  ...engineParts,
  'caddy',
  'crane',
  'registry-3.1',
)('the different users of the all-in-one image', () => {
  let docker: Client;
  beforeAll(async () => {
    docker = await dockerClient();
    await prepareBaseImages(docker);
    succeeded(await buildImage(docker, ['--target', 'all-in-one', '-t', image, repository]));
  });

  const start = async (folder: string, ...options: string[]): Promise<Container> => {
    const container = await startContainer(docker, [
      ...fastChecks,
      ...['-v', `${folder}:/var/lib/registry`, ...options, image],
    ]);
    await container.untilHealthy();
    return container;
  };

  /** Returns the program of each user: `caddy` for the user of the edge. The shells that dockpass needs are left out. */
  const programsOf = async ({ id }: Container): Promise<Record<string, string>> => {
    const { stdout } = await docker.must(['top', id, '-eo', 'uid,pid,args']);
    const rows = stdout.trim().split('\n').slice(1);
    return Object.fromEntries(
      rows
        .map((row) => /(\d+) +\d+ +(\S+)(.*)/.exec(row) ?? [])
        .filter(([, , command, args]) => command !== '/bin/sh' && args?.includes('healthy.js') === false)
        .map(([, uid = '', command = '']) => [uid, command.slice(command.lastIndexOf('/') + 1)]),
    );
  };

  /** Runs a command in the container as this user, with the group of the same number. */
  const can = async ({ id }: Container, user: number, ...command: string[]): Promise<boolean> =>
    (await docker.run(['exec', '--user', `${user}:${user}`, id, ...command])).status === 0;
  const canRead = (container: Container, user: number, path: string): Promise<boolean> =>
    can(container, user, 'cat', path);

  /** Pushes an image as alice, and pulls it again as anyone. */
  const pushAndPull = async (port: number, name: string): Promise<void> => {
    const crane = await craneClient();
    const { directory, manifestDigest } = await handMadeImage();
    succeeded(await crane.login(`localhost:${port}`, 'alice', password));
    await crane.must(['push', '--insecure', directory, `localhost:${port}/${name}`]);
    const digest = await crane.must(['digest', '--insecure', `127.0.0.1:${port}/${name}`]);
    expect(digest.stdout.trim()).toBe(manifestDigest);
  };
  const published = (port: number): string[] => [
    ...['-p', `127.0.0.1:${port}:5001`, '-e', 'user=alice', '-e', `pass=${password}`],
    ...['-e', 'public_domain=127.0.0.1', '-e', 'DOCKPASS_UP_PRIVATE_DOMAINS=localhost'],
  ];

  test('registry, edge and token server have different users, which cannot read the files of the others', async () => {
    const folder = await temporaryDirectory('images');
    await chown(folder, users.dockpass, users.dockpass);
    const container = await start(
      folder,
      '-e',
      'user=alice',
      '-e',
      `pass=${password}`,
      '-e',
      'DOCKPASS_UP_TLS=self-signed',
    );
    expect(await container.logs()).not.toContain('changing the owner');
    expect(await programsOf(container)).toEqual({
      [users.dockpass]: 'node',
      [users.registry]: 'registry',
      [users.edge]: 'caddy',
    });

    const keys = (await readdir(join(folder, '.dockpass/keys'))).filter((name) => /\.pem$/.test(name));
    const secrets = [
      ...keys.filter((name) => name !== 'rootcertbundle.pem').map((name) => `${data}/keys/${name}`),
      `${data}/dockpass.db`,
      `${data}/up/tls/ca.pem`,
      `${data}/up/control.json`,
      '/proc/1/environ',
    ];
    expect(secrets.length).toBeGreaterThan(4);
    for (const path of secrets) {
      expect(await canRead(container, users.registry, path), path).toBe(false);
      expect(await canRead(container, users.edge, path), path).toBe(false);
    }
    for (const path of secrets.slice(0, -1))
      expect(await canRead(container, users.dockpass, path), path).toBe(true);
    // The registry must read the trust bundle, and the edge its certificate.
    expect(await canRead(container, users.registry, `${data}/keys/rootcertbundle.pem`)).toBe(true);
    expect(await canRead(container, users.edge, `${data}/up/edge/server.pem`)).toBe(true);
    expect(await canRead(container, users.registry, `${data}/up/edge/server.pem`)).toBe(false);

    expect(await can(container, users.edge, 'ls', '/var/lib/registry/docker')).toBe(false);
    expect(await can(container, users.registry, 'ls', `${data}/up/caddy`)).toBe(false);
    // Neither may put files where dockpass looks for its own.
    for (const user of [users.registry, users.edge])
      for (const path of ['/var/lib/registry', data, `${data}/keys`, `${data}/up`, `${data}/up/edge`])
        expect(await can(container, user, 'touch', `${path}/new`), path).toBe(false);
    // Neither may stop or change the token server.
    expect(await can(container, users.registry, 'bash', '-c', 'kill -0 1')).toBe(false);
    expect(await container.stop()).toBe(0);
  });

  test('a volume that root wrote, and one of an earlier version, go on working', async () => {
    const folder = await temporaryDirectory('roots');
    const outside = join(await temporaryDirectory('outside'), 'file');
    await writeFile(outside, '');
    // Earlier versions ran everything as one user, as this version does with --user.
    await chown(folder, users.dockpass, users.dockpass);
    const port = await freePort();
    const before = await start(folder, ...published(port), '--user', '65532:65532');
    expect(Object.keys(await programsOf(before))).toEqual([String(users.dockpass)]);
    await pushAndPull(port, 'kept');
    expect(await before.stop()).toBe(0);
    await symlink(outside, join(folder, 'docker/link'));
    await symlink(outside, join(folder, '.dockpass/link'));

    for (const root of [false, true]) {
      if (root) await mustRun('chown', ['-R', '--no-dereference', '0:0', folder]);
      const after = await start(folder, ...published(port));
      expect(await after.logs()).toContain('This happens only once');
      expect(Object.keys(await programsOf(after)).sort()).toEqual(Object.values(users).map(String).sort());
      expect((await stat(join(folder, 'docker/registry/v2/repositories/kept'))).uid).toBe(users.registry);
      expect((await stat(join(folder, '.dockpass/dockpass.db'))).uid).toBe(users.dockpass);
      expect((await lstat(join(folder, 'docker/link'))).uid).toBe(users.registry);
      expect((await stat(outside)).uid).toBe(0);
      await pushAndPull(port, 'kept');
      await pushAndPull(port, root ? 'new/root' : 'new/earlier');
      // The garbage collector runs as the user of the registry.
      if (root) {
        const { output } = succeeded(await after.exec(['dockpass', 'gc']));
        expect(output).toMatch(/no push is in progress.*^freed: /ms);
        await pushAndPull(port, 'after/gc');
      }
      // `docker exec` runs as root. The files that it writes must not belong to root.
      succeeded(await after.exec(['dockpass', 'user', 'add', root ? 'bob' : 'carol', '--generate']));
      for (const name of await readdir(join(folder, '.dockpass'), { recursive: true }))
        expect((await lstat(join(folder, '.dockpass', name))).uid, name).not.toBe(0);
      expect(await after.stop()).toBe(0);
    }

    const again = await start(folder, ...published(port));
    expect(await again.logs()).not.toContain('This happens only once');
    expect(await again.stop()).toBe(0);

    const asOne = await docker.run([
      'run',
      '--rm',
      '--user',
      '65532:65532',
      '-v',
      `${folder}:/var/lib/registry`,
      image,
    ]);
    expect(asOne).toMatchObject({
      status: 1,
      output:
        'dockpass: user 65532:65532 cannot write /var/lib/registry/docker. On the folder or volume that is mounted at /var/lib/registry, run: chown -R 65532:65532 FOLDER\n',
    });
  });

  test('with --user, all programs run as this user', async () => {
    const folder = await temporaryDirectory('own');
    await chown(folder, 1000, 1000);
    const port = await freePort();
    const container = await start(folder, ...published(port), '--user', '1000');
    expect(Object.keys(await programsOf(container))).toEqual(['1000']);
    await pushAndPull(port, 'hello');
    expect(await container.stop()).toBe(0);
  });

  test('a container with few capabilities starts as it did in earlier versions', async () => {
    const few = [
      '--cap-drop',
      'ALL',
      ...['CHOWN', 'SETUID', 'SETGID'].flatMap((name) => ['--cap-add', name]),
    ];
    for (const owner of [users.dockpass, 0]) {
      const folder = await temporaryDirectory('images');
      await chmod(folder, 0o755);
      await mkdir(join(folder, 'docker'));
      for (const path of [folder, join(folder, 'docker')]) await chown(path, owner, owner);
      const port = await freePort();
      const container = await start(folder, ...published(port), ...few);
      expect(await container.logs()).toMatch(/warning: .* runs? as .*user/);
      await pushAndPull(port, 'hello');
      expect(await container.stop()).toBe(0);
    }
  });

  test('the edge loads a changed configuration, and the certificate that contains the new domain', async () => {
    const folder = await temporaryDirectory('images');
    const settings = await temporaryDirectory('settings');
    await writeFile(join(settings, 'dockpass.yml'), 'publicDomains: [pull.example.com]\n');
    const container = await start(folder, '-v', `${settings}:/etc/dockpass:ro`);
    await writeFile(join(settings, 'dockpass.yml'), 'publicDomains: [pull.example.com, other.example.com]\n');
    await docker.must(['kill', '--signal', 'HUP', container.id]);
    await until('the edge to load the configuration', {}, async () =>
      (await container.logs()).includes('the edge has loaded the changed configuration') ? true : undefined,
    );
    const certificates = ['tls', 'edge'].map((name) => join(folder, '.dockpass/up', name, 'server.pem'));
    const [own = '', ofEdge] = await Promise.all(certificates.map((path) => readFile(path, 'utf8')));
    expect(ofEdge).toBe(own);
    expect(new X509Certificate(own.slice(own.indexOf('-----BEGIN CERTIFICATE'))).subjectAltName).toContain(
      'other.example.com',
    );
    expect(await container.stop()).toBe(0);
  });

  test('the registry runs as the user of the token server if its own user cannot write its folder', async () => {
    const [folder, elsewhere] = [await temporaryDirectory('images'), await temporaryDirectory('elsewhere')];
    await mkdir(join(elsewhere, 'docker'));
    for (const path of [elsewhere, join(elsewhere, 'docker')])
      await chown(path, users.dockpass, users.dockpass);
    const container = await start(folder, '-v', `${elsewhere}:/data`, '-e', 'DOCKPASS_UP_STORAGE=/data');
    expect(await container.logs()).toMatch(
      /warning: the registry runs as the user of the token server.* user 65533 cannot write \/data/,
    );
    expect(Object.keys(await programsOf(container)).sort()).toEqual(['65531', '65532']);
    expect(await container.stop()).toBe(0);
  });
});
