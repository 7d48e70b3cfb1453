import { copyFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, test } from 'vitest';
import { adapters, type Person, type Trust } from '../support/client/client-commands.ts';
import {
  curlClient,
  dockerClient,
  podmanClient,
  skopeoClient,
  type Client,
} from '../support/client/clients.ts';
import { startServe, type DockpassServer } from '../support/dockpass/dockpass.ts';
import { openEdge, type RunningEdge } from '../support/edge/edge-process.ts';
import { atAnotherTime } from '../support/process/faketime.ts';
import { importImage } from '../support/registry/image.ts';
import { engine29Parts, engineParts, needs } from '../support/run/parts.ts';
import { basic } from '../support/network/raw-http.ts';
import { startShippedRegistry } from '../support/registry/registry.ts';
import { testAuthority, type TestAuthority } from '../support/tls/tls.ts';

// What docker, skopeo and podman print on the terminal for each answer of the token server. The output should tell the
// user what to do next.

const password = 'correct horse battery staple';

interface RunningSetup {
  readonly server: DockpassServer;
  readonly authority: TestAuthority;
  readonly edge: RunningEdge;
  readonly trust: Trust;
}

/** Starts a registry, its token server and an edge, and adds the user alice. */
async function openSetup(
  env: Readonly<Record<string, string>> = {},
  service = 'registry',
): Promise<RunningSetup> {
  const server = await startServe({ config: { publicDomains: ['127.0.0.1'] }, env });
  await server.addUser('alice', password);
  const authority = await testAuthority();
  const registry = await startShippedRegistry('3.1', server, { REGISTRY_AUTH_TOKEN_SERVICE: service });
  const edge = await openEdge('caddy', {
    authority,
    registry: registry.port,
    dockpass: server.port,
    publicDomains: ['127.0.0.1'],
  });
  const { certificateDirectory, certificateFile } = authority;
  const hosts = [edge.localhost, edge.loopback];
  return { server, authority, edge, trust: { certificateDirectory, certificateFile, hosts } };
}

const clientNames = ['docker', 'skopeo', 'podman'] as const;

async function newClient(name: string, { trust }: RunningSetup): Promise<Person> {
  const adapter = adapters.find((one) => one.name === name);
  if (adapter === undefined) throw new Error(`no client ${name}`);
  return adapter.person(trust);
}

/** Expects the command to fail, and returns its output. The exact exit status depends on the client. */
async function failureOutput(running: Promise<{ status: number; output: string }>): Promise<string> {
  const { status, output } = await running;
  expect(status, output).not.toBe(0);
  return output;
}

needs(
  ...engineParts,
  'registry-3.1',
  'caddy',
  'openssl',
  'skopeo',
  'podman',
  'curl',
)('error messages on the terminal', () => {
  describe('while the token server works', () => {
    let running: RunningSetup;
    let image: string;
    beforeAll(async () => {
      running = await openSetup();
      image = `${running.edge.localhost}/team/app:1`;
      const docker = await dockerClient();
      await docker.login(running.edge.localhost, 'alice', password);
      await importImage(docker, image);
      await docker.must(['push', image]);
    });

    test.each(clientNames)('%s: denies a private pull, and names the login command', async (name) => {
      const anyone = await newClient(name, running);
      expect(await failureOutput(anyone.pull(image))).toContain(
        `unauthorized: log in first: docker login ${running.edge.localhost}`,
      );
    });

    test('docker: says that the password is wrong, and names the command to log in again', async () => {
      const mallory = await newClient('docker', running);
      expect(await failureOutput(mallory.login(running.edge.localhost, 'alice', 'wrong'))).toContain(
        `unauthorized: wrong user name or password; log in again: docker login ${running.edge.localhost}`,
      );
    });

    // For every failed login, skopeo and podman print their own message instead of the one in the answer.
    test.each(['skopeo', 'podman'])('%s: says that the password is wrong', async (name) => {
      const mallory = await newClient(name, running);
      expect(await failureOutput(mallory.login(running.edge.localhost, 'alice', 'wrong'))).toContain(
        'invalid username/password',
      );
    });

    test.each(['skopeo', 'podman'])(
      '%s: says that the stored password is wrong, and names the command to log in again',
      async (name) => {
        const user = `carol-${name}`;
        await running.server.addUser(user, password);
        const carol = await newClient(name, running);
        expect(await carol.login(running.edge.localhost, user, password)).toMatchObject({ status: 0 });
        await running.server.must(['user', 'passwd', user, '--password-stdin'], {
          input: `${password} new\n`,
        });
        expect(await failureOutput(carol.pull(image))).toContain(
          `wrong user name or password; log in again: docker login ${running.edge.localhost}`,
        );
      },
    );

    test.each(clientNames)('%s: denies a push on the public domain, and names the login', async (name) => {
      const { localhost, loopback } = running.edge;
      const alice = await newClient(name, running);
      expect(await alice.login(loopback, 'alice', password)).toMatchObject({ status: 0 });
      const message = `denied: log in to push: docker login ${localhost}; ${loopback} only serves pulls`;
      expect(await failureOutput(alice.push(`${loopback}/team/app:2`))).toContain(message);
      // A user who has not logged in gets the same message.
      const anyone = await newClient(name, running);
      expect(await failureOutput(anyone.push(`${loopback}/team/app:2`))).toContain(message);
    });

    test('curl with a password: says that the public domain only serves pulls', async () => {
      const curl = await curlClient();
      const url = `https://${running.edge.loopback}/v2/team/app/blobs/uploads/`;
      const args = ['--cacert', running.authority.certificateFile, '--user', `alice:${password}`];
      const { stdout } = await curl.must([...args, '--request', 'POST', url]);
      const { errors } = JSON.parse(stdout) as { errors: { code: string; message: string }[] };
      expect(errors[0]?.code).toBe('DENIED');
      expect(errors[0]?.message).toContain(`${running.edge.loopback} only serves pulls`);
    });

    test('docker, skopeo and podman: say that a login stored as an identity token has ended, and name the login command', async () => {
      await running.server.addUser('dave', password);
      const docker = await dockerClient();
      await docker.login(running.edge.localhost, 'dave', password);
      const skopeo = await skopeoClient();
      const podman = await podmanClient();
      for (const client of [skopeo, podman]) await copyFile(docker.authFile, client.authFile);
      const pulls: readonly (readonly [Client, readonly string[]])[] = [
        [docker, ['pull', image]],
        [skopeo, ['inspect', '--cert-dir', running.trust.certificateDirectory, `docker://${image}`]],
        [podman, ['pull', '--cert-dir', running.trust.certificateDirectory, image]],
      ];
      await docker.must(['rmi', '--force', image]);
      for (const [client, args] of pulls) await client.must(args);
      await running.server.must(['session', 'revoke', '--user', 'dave']);
      for (const [client, args] of pulls) {
        expect(await failureOutput(client.run(args)), client.name).toContain(
          `this session has ended; log in again: docker login ${running.edge.localhost}`,
        );
      }
    });
  });

  needs(...engine29Parts)('docker 29', () => {
    let running: RunningSetup;
    beforeAll(async () => {
      running = await openSetup();
    });

    test('says that a login stored as an identity token has ended, and names the login command', async () => {
      const { localhost } = running.edge;
      const image = `${localhost}/team/docker-29:1`;
      const docker = await dockerClient({ engine: 'dockerd-29' });
      await docker.login(localhost, 'alice', password);
      await importImage(docker, image);
      await docker.must(['push', image]);
      await docker.must(['rmi', '--force', image]);
      await docker.must(['pull', image]);
      await docker.must(['rmi', '--force', image]);
      await running.server.must(['session', 'revoke', '--user', 'alice']);
      expect(await failureOutput(docker.run(['pull', image]))).toContain(
        `this session has ended; log in again: docker login ${localhost}`,
      );
    });

    test('names a missing right and a missing image in other words than docker 20.10', async () => {
      const image = `${running.edge.localhost}/team/docker-29-denied:1`;
      await running.server.addUser('ron', password, 'reader');
      const docker = await dockerClient({ engine: 'dockerd-29' });
      await docker.login(running.edge.localhost, 'ron', password);
      await importImage(docker, image);
      const pushed = await failureOutput(docker.run(['push', image]));
      expect(pushed).toMatch(/push access denied.* insufficient_scope: authorization failed/);
      await docker.must(['rmi', '--force', image]);
      const pulled = await failureOutput(docker.run(['pull', image]));
      expect(pulled).toMatch(/failed to resolve reference .* not found/);
    });

    test('says that the registry or its token server does not answer', async () => {
      await running.server.process.stop();
      const anyone = await newClient('docker 29', running);
      expect(await failureOutput(anyone.pull(`${running.edge.loopback}/team/app:1`))).toContain(
        'the registry or its token server does not answer',
      );
    });
  });

  needs('faketime')('after too many wrong passwords', () => {
    test('all clients say that there were too many attempts; docker also says how long to wait', async () => {
      // The clock of the token server stands still, so the wait does not end during the test, even on a slow machine.
      const now = new Date().toISOString().slice(0, 19).replace('T', ' ');
      const running = await openSetup({ ...(await atAnotherTime('+0h')), FAKETIME: now });
      const url = `${running.server.url}/auth/token?service=registry`;
      const guess = (attempt: number) =>
        fetch(url, { headers: { Authorization: basic('alice', `wrong ${attempt}`) } });
      for (let attempt = 0; (await guess(attempt)).status === 401;) attempt += 1;
      for (const name of clientNames) {
        const alice = await newClient(name, running);
        const output = await failureOutput(alice.login(running.edge.localhost, 'alice', password));
        if (name === 'docker')
          expect(output).toMatch(/toomanyrequests: too many wrong passwords: wait \d+ s, then log in/);
        else expect(output, name).toContain('too many requests');
      }
    });
  });

  describe('with a registry that is configured with another service', () => {
    let running: RunningSetup;
    beforeAll(async () => {
      running = await openSetup({}, 'other');
    });

    test('docker: names the registry setting to change', async () => {
      const anyone = await newClient('docker', running);
      expect(await failureOutput(anyone.pull(`${running.edge.loopback}/team/app:1`))).toContain(
        'the service "other". Set auth.token.service in the registry to "registry"',
      );
    });

    test('docker: names the registry setting to change also for a login that is stored as an identity token', async () => {
      await running.server.addUser('erin', password);
      const { localhost } = running.edge;
      const url = `http://127.0.0.1:${running.server.port}/auth/token?offline_token=true`;
      const answer = await fetch(url, { headers: { Authorization: basic('erin', password) } });
      const { refresh_token: identitytoken } = (await answer.json()) as { refresh_token: string };
      const docker = await dockerClient();
      const auth = Buffer.from('erin:').toString('base64');
      await writeFile(docker.authFile, JSON.stringify({ auths: { [localhost]: { auth, identitytoken } } }));
      expect(await failureOutput(docker.run(['pull', `${localhost}/team/app:1`]))).toContain(
        'the service "other". Set auth.token.service in the registry to "registry"',
      );
    });

    // skopeo and podman print only the status of this answer. `dockpass doctor` reports the cause.
    test.each(['skopeo', 'podman'])('%s: says that the request is invalid', async (name) => {
      const anyone = await newClient(name, running);
      expect(await failureOutput(anyone.pull(`${running.edge.loopback}/team/app:1`))).toContain(
        '400 (Bad Request)',
      );
    });
  });

  describe('while the token server is stopped', () => {
    let running: RunningSetup;
    beforeAll(async () => {
      running = await openSetup();
      await running.server.process.stop();
    });

    test.each(clientNames)('%s: says that the service is unavailable', async (name) => {
      const anyone = await newClient(name, running);
      expect(await failureOutput(anyone.pull(`${running.edge.loopback}/team/app:1`))).toMatch(
        /503 (Service Unavailable|\(Service Unavailable\))/,
      );
    });
  });
});
