import { mkdir, readFile, stat, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { startCaddy } from '../support/edge/caddy.ts';
import { buildImage, prepareBaseImages } from '../support/registry/base-images.ts';
import { dockerClient, type Client } from '../support/client/clients.ts';
import { fastChecks, knownContainer, startContainer, type Container } from '../support/client/container.ts';
import { trustInDocker } from '../support/client/docker-trust.ts';
import { repository } from '../support/run/environment.ts';
import { hosts, hostsAddress } from '../support/run/hosts.ts';
import { importImage } from '../support/registry/image.ts';
import { startNginx, type Nginx } from '../support/edge/nginx.ts';
import { basic } from '../support/network/raw-http.ts';
import { startRequestLoop } from '../support/client/request-loop.ts';
import { pageBlock } from '../support/docs/page-block.ts';
import { engineParts, needs, part } from '../support/run/parts.ts';
import { freePorts } from '../support/run/ports.ts';
import { until } from '../support/process/ready.ts';
import { openRecipe, type Recipe } from '../support/docs/recipe.ts';
import { mustRun, run, succeeded, type Ran } from '../support/process/run.ts';
import { temporaryDirectory } from '../support/run/temp.ts';
import { testAuthority } from '../support/tls/tls.ts';

// Runs all commands of docs/coming-from-one-container-proxy.md, with a volume that another container wrote as root. The
// TLS proxies in front have the configurations of nginx and Caddy from that page.

const page = 'docs/coming-from-one-container-proxy.md';
const target = ['--target', 'all-in-one', '-t', 'dockpass-all-in-one'];
const password = 'a-long-password';

needs(
  ...engineParts,
  'host-names',
  'nginx',
  'caddy',
  'curl',
  'openssl',
  'registry-3.1',
)('coming from the one-container proxy', () => {
  let docker: Client;
  let stranger: Client;
  let volume: string;
  let authority: string;
  let authorityText: string;
  let port: number;
  let nginxPort: number;
  let caddyPort: number;
  let recipe: Recipe;
  let container: Container;
  let oldPort: number;
  let nginxProxy: Nginx;
  let nginx: { readonly privately: string; readonly publicly: string };
  let caddy: { readonly privately: string; readonly publicly: string };

  beforeAll(async () => {
    docker = await dockerClient();
    stranger = await dockerClient();
    volume = join(await temporaryDirectory('srv'), 'registry');
    await mkdir(volume);
    [port = 0, nginxPort = 0, caddyPort = 0] = await freePorts(3);
    nginx = { privately: `${hosts.private}:${nginxPort}`, publicly: `${hosts.public}:${nginxPort}` };
    caddy = { privately: `${hosts.private}:${caddyPort}`, publicly: `${hosts.public}:${caddyPort}` };

    await prepareBaseImages(docker);
    succeeded(await buildImage(docker, [...target, repository]));
    await importImage(docker, 'hello');
    oldPort = await startOldContainer(docker, volume);
    // The page gives all new containers the same name, so this always refers to the container that runs.
    container = knownContainer(docker, 'dockpass');

    const ca = await testAuthority();
    authority = ca.certificateFile;
    authorityText = ca.certificate;
    for (const name of [...Object.values(nginx), ...Object.values(caddy)])
      await trustInDocker(name, authority);
    const { certificateFile, keyFile } = await ca.issue([hosts.private, hosts.public]);
    nginxProxy = await startNginx({
      port: nginxPort,
      http: await pageBlock(page, 'nginx', [
        ['listen 443 ssl;', `listen ${nginxPort} ssl;`],
        ['registry.example.com', hosts.private],
        ['pull.example.com', hosts.public],
        ['/etc/ssl/registry.crt', certificateFile],
        ['/etc/ssl/registry.key', keyFile],
        ['127.0.0.1:5011', `127.0.0.1:${oldPort}`],
      ]),
    });
    const site = await pageBlock(page, 'caddyfile', [
      ['registry.example.com', `https://${caddy.privately}`],
      ['pull.example.com', `https://${caddy.publicly}`],
      ['{\n', `{\n\ttls ${certificateFile} ${keyFile}\n`],
      ['127.0.0.1:5011', `127.0.0.1:${port}`],
    ]);
    await startCaddy({ port: caddyPort, caddyfile: `{\n\tadmin off\n\tauto_https off\n}\n${site}` });
    recipe = await openRecipe(page, {
      env: { DOCKER_HOST: docker.engineHost ?? '', DOCKER_CONFIG: docker.directory, DOCKER_BUILDKIT: '0' },
      programs: { curl: [part('curl'), '--disable', '--noproxy', '*', '--cacert', authority] },
      replace: [
        // The same options as in buildImage, because containers of this engine cannot reach the internet.
        [
          'docker build',
          'docker build --network host --build-arg NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt',
        ],
        ['dockpass-all-in-one .', `dockpass-all-in-one ${repository}`],
        ['--name dockpass', ['--name dockpass', ...fastChecks].join(' ')],
        ['/srv/registry:', `${volume}:`],
        ['-p 5011:5001', `-p 127.0.0.1:${port}:5001`],
        // The test has no terminal, so the password comes from stdin.
        ['docker login', 'docker login --username alice --password-stdin'],
        ['-u alice', `-u alice:${password}`],
        ['public_domain=pull.example.com', `public_domain=${hosts.public}`],
        ['pull.example.com', nginx.publicly],
        ['registry.example.com', nginx.privately],
      ],
    });
  });

  test('replaces the old container without a failed request, with the volume that it wrote as root', async () => {
    expect((await stat(join(volume, 'docker'))).uid).toBe(0);
    const loop = await startRequestLoop(`https://${nginx.publicly}/v2/kept/manifests/old`, {
      headers: { authorization: basic('alice', password) },
      ca: authorityText,
    });
    await recipe.next();
    await recipe.next();
    await container.untilHealthy();
    expect(await container.logs()).toContain(
      'changing the owner of all files in /var/lib/registry: the images now belong to user 65533 (registry), everything else to user 65532 (dockpass). This happens only once.',
    );
    expect((await stat(join(volume, 'docker'))).uid).toBe(65533);
    // Until the proxy changes over, the old container writes files as root.
    const late = `127.0.0.1:${oldPort}/late:old`;
    await docker.must(['tag', 'hello', late]);
    await docker.must(['push', late]);

    const config = await readFile(nginxProxy.configFile, 'utf8');
    await writeFile(nginxProxy.configFile, config.replaceAll(`:${oldPort}`, `:${port}`));
    await nginxProxy.reload();
    const { sent, failures } = await loop.stop();
    expect(failures).toEqual([]);
    expect(sent).toBeGreaterThan(20);
    await recipe.next();
  });

  test('accepts a login on the private domain, and pushes to a nested name with hyphens', async () => {
    const { stdout } = await recipe.next(password);
    expect(stdout).toContain('Login Succeeded');
  });

  test('lets anyone pull on the public domain', async () => {
    await docker.must(['rmi', `${nginx.privately}/team/sub-team/my-app:1.0`]);
    const { stdout } = await recipe.next();
    expect(stdout).toContain('Downloaded newer image');
  });

  test('still has the images of the old container', async () => {
    await docker.must(['rmi', 'hello']);
    await stranger.must(['pull', `${nginx.publicly}/kept:old`]);
  });

  test('requires a login on the private domain, and rejects a wrong password on every domain', async () => {
    const pulled = await stranger.run(['pull', `${nginx.privately}/kept:old`]);
    expect(pulled.status).not.toBe(0);
    expect(pulled.output).toMatch(/unauthorized|denied/);
    for (const name of Object.values(nginx)) {
      const { status, output } = await stranger.login(name, 'alice', 'not the password');
      expect(status, name).not.toBe(0);
      expect(output).toContain('unauthorized');
    }
  });

  test('denies a push on the public domain, also for an administrator', async () => {
    succeeded(await docker.login(nginx.publicly, 'alice', password));
    await docker.must(['tag', `${nginx.publicly}/kept:old`, `${nginx.publicly}/team/new`]);
    const { status, output } = await docker.run(['push', `${nginx.publicly}/team/new`]);
    expect(status).not.toBe(0);
    expect(output).toMatch(/denied|unauthorized/);
    await docker.must(['logout', nginx.publicly]);
  });

  test('accepts further users', async () => {
    const { stdout } = await recipe.next();
    const [generated = ''] = stdout.split('\n');
    expect(stdout).toMatch(/bob +writer +active/);
    succeeded(await docker.login(nginx.privately, 'bob', generated));
    // The new container may write next to the files that the old one wrote until the end.
    await importImage(docker, `${nginx.privately}/late:new`);
    await docker.must(['push', `${nginx.privately}/late:new`]);
    await docker.must(['logout', nginx.privately]);
  });

  test('also works behind Caddy with the configuration of the page', async () => {
    succeeded(await docker.login(caddy.privately, 'alice', password));
    await importImage(docker, `${caddy.privately}/through/caddy-2`);
    await docker.must(['push', `${caddy.privately}/through/caddy-2`]);
    await docker.must(['logout', caddy.privately]);
    await stranger.must(['pull', `${caddy.publicly}/through/caddy-2`]);
  });

  test('sends clients to the host and port that they used, with the scheme of the TLS proxy', async () => {
    for (const name of [...Object.values(nginx), ...Object.values(caddy)])
      expect(await realmOf([`https://${name}/v2/`], authority), name).toBe(`https://${name}/auth/token`);
    const inside = `http://127.0.0.1:${port}/v2/`;
    const realmFor = (...headers: string[]): Promise<string> =>
      realmOf([...headers.flatMap((header) => ['-H', header]), inside]);
    // Without X-Forwarded-Proto, the scheme in the realm is http only if the client used a name of the local machine.
    expect(await realmFor('Host: reg.example.com')).toBe('https://reg.example.com/auth/token');
    expect(await realmFor(`Host: localhost:${port}`)).toBe(`http://localhost:${port}/auth/token`);
    // If several proxies add to X-Forwarded-Proto, its first entry counts, which describes the client's connection.
    expect(await realmFor('Host: reg.example.com', 'X-Forwarded-Proto: https, http')).toBe(
      'https://reg.example.com/auth/token',
    );
    // Only the Host header decides which domain is used.
    expect(await realmFor('Host: reg.example.com', 'X-Forwarded-Host: pull.example.com')).toBe(
      'https://reg.example.com/auth/token',
    );
  });

  test('does not make the private domain public because of another header', async () => {
    const token = `http://127.0.0.1:${port}/auth/token?service=registry&scope=repository:kept:pull`;
    const lies = [`X-Forwarded-Host: ${hosts.public}`, `Forwarded: host=${hosts.public}`];
    const asked = await curl([
      ...['-H', 'Host: reg.example.com', ...lies.flatMap((lie) => ['-H', lie])],
      ...['--write-out', '%{http_code}', '--output', '/dev/null', token],
    ]);
    expect(asked.stdout).toBe('401');
  });

  test('records the addresses of the clients, not that of the proxy', async () => {
    const login = (name: string, ...headers: string[]): Promise<Ran> =>
      curl([
        ...headers.flatMap((header) => ['-H', header]),
        ...['--cacert', authority, '--fail', '-u', `alice:${password}`],
        `${name}/auth/token?service=registry&account=alice`,
      ]);
    succeeded(await login(`https://${nginx.privately}`));
    succeeded(await login(`https://${caddy.privately}`, 'X-Forwarded-For: 198.51.100.66'));
    succeeded(await login(`http://127.0.0.1:${port}`, 'X-Forwarded-For: 203.0.113.7'));
    // Audit events are written in batches, so the last ones may be missing for a moment.
    const addresses = await until('three logins in the audit log', {}, async () => {
      const found = await addressesIn(
        await container.exec(['dockpass', 'audit', '--user', 'alice', '--json']),
      );
      return found.includes('203.0.113.7') ? found : undefined;
    });
    expect(new Set(addresses)).toEqual(new Set([hostsAddress, '203.0.113.7']));
  });

  test('deletes an image through the API if the command enables deletion', async () => {
    const manifest = `https://${nginx.privately}/v2/team/sub-team/my-app/manifests/1.0`;
    const asked = ['--cacert', authority, '-u', `alice:${password}`, '--head', '--write-out', '%{http_code}'];
    expect((await curl([...asked, manifest])).stdout).toMatch(/200$/);
    await recipe.next();
    expect((await curl([...asked, manifest])).stdout).toMatch(/404$/);
  });

  test('has the new password and the old images after the container was replaced', async () => {
    await recipe.next();
    recipe.finish();
    await container.untilHealthy();
    expect(await container.logs()).not.toContain('changing the owner of /var/lib/registry');
    expect((await docker.login(nginx.privately, 'alice', password)).output).toContain('unauthorized');
    succeeded(await docker.login(nginx.privately, 'alice', 'another-long-password'));
    await docker.run(['rmi', `${caddy.privately}/through/caddy-2`, `${caddy.publicly}/through/caddy-2`]);
    await docker.must(['pull', `${nginx.privately}/through/caddy-2`]);
  });

  test('deletes nothing if the command does not enable deletion', async () => {
    const image = `https://${nginx.privately}/v2/kept/manifests`;
    const auth = ['--cacert', authority, '-u', 'alice:another-long-password'];
    const accept = ['-H', 'Accept: application/vnd.docker.distribution.manifest.v2+json'];
    const { stdout: head } = await curl([...auth, ...accept, '--head', `${image}/old`]);
    const digest = /^docker-content-digest: (\S+)/im.exec(head)?.[1] ?? '';
    const refused = await curl([
      ...auth,
      '-X',
      'DELETE',
      '--write-out',
      '%{http_code}',
      `${image}/${digest}`,
    ]);
    expect(refused.stdout).toMatch(/"UNSUPPORTED".*405$/s);
    await stranger.must(['pull', `${nginx.publicly}/kept:old`]);
  });
});

/**
 * Runs a registry as root, as the old container did, and pushes an image. The recipe removes this container later.
 * @returns its port
 */
async function startOldContainer(docker: Client, volume: string): Promise<number> {
  const [port = 0] = await freePorts(1);
  const mount = ['-v', `${volume}:/var/lib/registry`];
  await startContainer(docker, [
    '--name',
    'registry',
    ...mount,
    '-p',
    `127.0.0.1:${port}:5000`,
    'registry:3',
  ]);
  const image = `127.0.0.1:${port}/kept:old`;
  await importImage(docker, image);
  await until('the old registry to accept a push', {}, async () =>
    (await docker.run(['push', image])).status === 0 ? true : undefined,
  );
  await docker.must(['rmi', image]);
  return port;
}

function curl(args: readonly string[]): Promise<Ran> {
  return run(part('curl'), ['--disable', '--silent', '--show-error', '--noproxy', '*', ...args]);
}

/** The realm to which the registry sends a client. */
async function realmOf(args: readonly string[], authority?: string): Promise<string> {
  const trust = authority === undefined ? [] : ['--cacert', authority];
  const { stdout } = await mustRun(part('curl'), [
    ...['--disable', '--silent', '--show-error', '--noproxy', '*', '--head', ...trust, ...args],
  ]);
  return /^www-authenticate: Bearer realm="([^"]*)"/im.exec(stdout)?.[1] ?? stdout;
}

async function addressesIn(listed: Ran): Promise<string[]> {
  const events = JSON.parse(succeeded(listed).stdout) as readonly { outcome: string; address: string }[];
  // The audit row about the user that dockpass created from the environment has no address.
  return events.filter(({ outcome }) => outcome === 'issued').map(({ address }) => address);
}
