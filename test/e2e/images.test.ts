import { appendFile, cp, readdir, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { afterwards } from '../support/run/afterwards.ts';
import { buildImage, prepareBaseImages } from '../support/registry/base-images.ts';
import { dockerClient, type Client } from '../support/client/clients.ts';
import { fastChecks, knownContainer, startContainer } from '../support/client/container.ts';
import { trustInDocker } from '../support/client/docker-trust.ts';
import { repository } from '../support/run/environment.ts';
import { hosts } from '../support/run/hosts.ts';
import { importImage } from '../support/registry/image.ts';
import { engineParts, needs, part } from '../support/run/parts.ts';
import { freePort } from '../support/run/ports.ts';
import { untilHttp } from '../support/process/ready.ts';
import { openRecipe, type Recipe } from '../support/docs/recipe.ts';
import { run, succeeded } from '../support/process/run.ts';
import { temporaryDirectory } from '../support/run/temp.ts';
import { testAuthority } from '../support/tls/tls.ts';

// Builds both images from the repository, with an engine that the test starts, and runs the commands of docs/images.md.
// The base images are substitutes (scripts/base-images.sh), because only the work of our Dockerfile is tested.

const containerUser = '65532';
const tags = ['dockpass', 'dockpass-all-in-one'] as const;
const targets = { dockpass: 'dockpass', 'dockpass-all-in-one': 'all-in-one' } as const;

needs(
  ...engineParts,
  'caddy',
  'registry-3.1',
)('the images', () => {
  let docker: Client;
  beforeAll(async () => {
    docker = await dockerClient();
    await prepareBaseImages(docker);
    for (const tag of tags) succeeded(await build(docker, tag, repository));
  });

  const inspect = async (image: string, format: string): Promise<string> =>
    (await docker.must(['image', 'inspect', '--format', format, image])).stdout.trim();

  describe('as built', () => {
    test('have labels with title, version and revision', async () => {
      const { version, license } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as {
        readonly version: string;
        readonly license: string;
      };
      for (const tag of tags) {
        const args = ['--build-arg', 'REVISION=0123abc'];
        succeeded(await build(docker, tag, repository, `${tag}:labelled`, args));
        const labels: unknown = JSON.parse(await inspect(`${tag}:labelled`, '{{json .Config.Labels}}'));
        expect(labels).toEqual({
          'org.opencontainers.image.title': tag.replace('dockpass-', 'dockpass '),
          'org.opencontainers.image.description': expect.stringMatching(/registry/) as unknown,
          'org.opencontainers.image.licenses': license,
          'org.opencontainers.image.version': version,
          'org.opencontainers.image.revision': '0123abc',
        });
      }
    });

    test('reuse the layer with libraries if only the source changes', async () => {
      const context = await temporaryDirectory('context');
      const ignored = await readFile(join(repository, '.dockerignore'), 'utf8');
      const sent = [...ignored.matchAll(/^!(.*)$/gm)].map(([, name = '']) => name);
      for (const name of ['Dockerfile', '.dockerignore', ...sent])
        await cp(join(repository, name), join(context, name), { recursive: true });
      await appendFile(join(context, 'src/main.ts'), "process.title = 'changed';\n");
      for (const tag of tags) {
        const { output } = succeeded(await build(docker, tag, context, `${tag}:changed`));
        for (const instruction of ['RUN npm ci --ignore-scripts', 'RUN npm ci --omit=dev'])
          expect(step(output, instruction)).toContain('Using cache');
        if (tag === 'dockpass') expect(step(output, 'RUN npm run build')).not.toContain('Using cache');
        const layers = async (image: string): Promise<string[]> =>
          JSON.parse(await inspect(image, '{{json .RootFS.Layers}}')) as string[];
        const [before, after] = [await layers(tag), await layers(`${tag}:changed`)];
        expect(after.filter((layer) => !before.includes(layer))).toHaveLength(1);
      }
    });

    test('are at most as large as docs/images.md says', async () => {
      const history = [
        'history',
        '--no-trunc',
        '--human=false',
        '--format',
        '{{.Size}} {{.CreatedBy}}',
        'dockpass',
      ];
      const { stdout } = await docker.must(history);
      const sizes = stdout
        .split('\n')
        .filter((line) => line.includes('COPY'))
        .map((line) => Number.parseInt(line, 10) / 1e6);
      const page = await readFile(join(repository, 'docs/images.md'), 'utf8');
      const limits = [
        ...page.matchAll(/^\| (?:compiled libraries|dockpass itself).*\| under ([\d.]+) MB +\|$/gm),
      ];
      const [libraries, dockpass] = limits.map(([, megabytes]) => Number(megabytes));
      // `docker history` lists the newest layer first.
      expect(sizes).toHaveLength(2);
      expect(sizes[0]).toBeLessThan(dockpass ?? 0);
      expect(sizes[1]).toBeLessThan(libraries ?? 0);
    });
  });

  describe('the token server', () => {
    test('runs as user 65532, creates keys, adds users, issues tokens and stops cleanly', async () => {
      const port = await freePort();
      const args = [...fastChecks, '-p', `127.0.0.1:${port}:5002`, 'dockpass'];
      const container = await startContainer(docker, args);
      await container.untilHealthy();
      expect(await usersOf(docker, container.id)).toEqual([containerUser]);
      const token = `http://127.0.0.1:${port}/auth/token?service=registry&scope=repository:a:pull`;
      await untilHttp(token, { status: 401 });
      const added = succeeded(await container.exec(['dockpass', 'user', 'add', 'alice', '--generate']));
      const asked = await fetch(token, {
        headers: { authorization: `Basic ${btoa(`alice:${added.stdout.trim()}`)}` },
      });
      expect(asked.status).toBe(200);
      expect(await container.stop()).toBe(0);
    });

    test('runs without any capability and with a read-only root file system', async () => {
      const container = await startContainer(docker, [...fastChecks, ...withoutPrivileges, 'dockpass']);
      await container.untilHealthy();
      expect(await container.stop()).toBe(0);
    });

    test('names the chown command if it cannot write its folder', async () => {
      const folder = await temporaryDirectory('roots');
      const args = ['run', '--rm', '-v', `${folder}:/var/lib/dockpass`, 'dockpass'];
      const { status, output } = await docker.run(args);
      expect(status).toBe(1);
      expect(output).toBe(
        'dockpass: user 65532:65532 cannot write /var/lib/dockpass. On the folder or volume that is mounted there, run: chown -R 65532:65532 FOLDER\n',
      );
      expect(await readdir(folder)).toEqual([]);
    });
  });

  describe('the all-in-one', () => {
    test('names the chown command if it runs without root and cannot write its volume', async () => {
      const folder = await temporaryDirectory('roots');
      const mount = ['-v', `${folder}:/var/lib/registry`];
      const asNobody = ['run', '--rm', '--user', '65532:65532', ...mount, 'dockpass-all-in-one'];
      expect(await docker.run(asNobody)).toMatchObject({
        status: 1,
        output:
          'dockpass: user 65532:65532 cannot write /var/lib/registry. On the folder or volume that is mounted there, run: chown -R 65532:65532 FOLDER\n',
      });
    });

    test('explains how to start it if root privileges cannot be dropped', async () => {
      const { status, output } = await docker.run([
        'run',
        '--rm',
        '--cap-drop',
        'ALL',
        'dockpass-all-in-one',
      ]);
      expect(status).toBe(1);
      expect(output).toMatch(/^dockpass: cannot switch from root to user 65532 .*--user 65532:65532.*\n$/);
    });
  });
});

needs(
  ...engineParts,
  'host-names',
  'caddy',
  'openssl',
  'registry-3.1',
)('docs/images.md', () => {
  let docker: Client;
  let recipe: Recipe;
  let publicly: string;
  let privately: string;
  beforeAll(async () => {
    docker = await dockerClient();
    await prepareBaseImages(docker);
    await importImage(docker, 'hello');
    const port = await freePort();
    [publicly, privately] = [`${hosts.public}:${port}`, `${hosts.private}:${port}`];
    // Removing the containers does not remove the network, so the bridge of the network would stay on this machine.
    afterwards(async () => {
      const env = { DOCKER_HOST: docker.engineHost ?? '', HOME: '/nonexistent' };
      await run(docker.command, ['network', 'rm', 'registry'], { env });
    });
    for (const name of ['dockpass', 'registry', 'edge', 'least']) knownContainer(docker, name);
    recipe = await openRecipe('docs/images.md', {
      env: { DOCKER_HOST: docker.engineHost ?? '', DOCKER_CONFIG: docker.directory, DOCKER_BUILDKIT: '0' },
      programs: { docker: [part('docker')] },
      replace: [
        [
          'docker build',
          'docker build --network host --build-arg NODE_EXTRA_CA_CERTS=/etc/ssl/certs/ca-certificates.crt',
        ],
        ['-t dockpass .', `-t dockpass ${repository}`],
        ['-t dockpass-all-in-one .', `-t dockpass-all-in-one ${repository}`],
        ['--name dockpass', ['--name dockpass', ...fastChecks].join(' ')],
        ['--name least', ['--name least', ...fastChecks].join(' ')],
        ['-p 443:5001', `-p ${port}:5001`],
        ['docker login', 'docker login --username alice --password-stdin'],
        ['PUBLIC_DOMAINS=pull.example.com', `PUBLIC_DOMAINS=${hosts.public}`],
        ['pull.example.com', publicly],
        ['registry.example.com', privately],
      ],
    });
    const authority = await testAuthority();
    for (const name of [publicly, privately]) await trustInDocker(name, authority.certificateFile);
    const { certificate, key } = await authority.issue([hosts.public, hosts.private]);
    await writeFile(join(recipe.directory, 'cert.pem'), certificate);
    await writeFile(join(recipe.directory, 'key.pem'), key);
  });

  test('runs dockpass, the official registry and Caddy in one network', async () => {
    await recipe.next();
    await recipe.next();
    const dockpass = knownContainer(docker, 'dockpass');
    await dockpass.untilHealthy();
    await recipe.next();
    await recipe.next();
    await untilHttp(`https://${privately}/v2/`, { status: 401 });
    const { stdout } = await recipe.next();
    const password = stdout.trim();
    const used = await recipe.next(password);
    expect(used.stdout).toContain('Login Succeeded');
    expect(used.stdout).toContain(`${publicly}/hello`);
    const denied = await docker.run(['push', `${publicly}/hello`]);
    expect(denied.status).not.toBe(0);
    expect(denied.output).toMatch(/denied: log in to push.* only serves pulls/);
  });

  test('runs the all-in-one image with the fewest privileges', async () => {
    await recipe.next();
    recipe.finish();
    const least = knownContainer(docker, 'least');
    await least.untilHealthy();
    expect(await usersOf(docker, least.id)).toEqual([containerUser]);
    succeeded(await least.exec(['dockpass', 'user', 'add', 'alice', '--generate']));
    expect(await least.stop()).toBe(0);
  });
});

const withoutPrivileges = ['--read-only', '--cap-drop', 'ALL', '--security-opt', 'no-new-privileges'];

function build(
  docker: Client,
  tag: (typeof tags)[number],
  context: string,
  as: string = tag,
  args: readonly string[] = [],
) {
  return buildImage(docker, ['--target', targets[tag], '-t', as, ...args, context]);
}

/** Returns the output of the builder for the first step whose instruction begins with this text. */
function step(output: string, instruction: string): string {
  return output.split(/^Step /m).find((part) => part.includes(` : ${instruction}`)) ?? '';
}

/** Returns the user IDs of the processes in the container, without the processes of the health check. */
async function usersOf(docker: Client, container: string): Promise<string[]> {
  const { stdout } = await docker.must(['top', container, '-eo', 'uid,pid,args']);
  const rows = stdout.trim().split('\n').slice(1);
  return [
    ...new Set(
      rows.filter((row) => !row.includes('healthy.js')).map((row) => row.trim().split(/\s+/)[0] ?? ''),
    ),
  ];
}
