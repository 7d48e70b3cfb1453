import { copyFile, writeFile } from 'node:fs/promises';
import { beforeAll, describe, expect, it } from 'vitest';
import { adapters, type Person, type Trust } from '../support/client/client-commands.ts';
import {
  curlClient,
  dockerClient,
  podmanClient,
  skopeoClient,
  type Client,
} from '../support/client/clients.ts';
import { startServe, type DockpassServer } from '../support/dockpass/dockpass.ts';
import { openDoor, type Door } from '../support/edge/edge-process.ts';
import { atAnotherTime } from '../support/process/faketime.ts';
import { importImage } from '../support/registry/image.ts';
import { engineParts, needs } from '../support/run/parts.ts';
import { basic } from '../support/network/raw-http.ts';
import { startShippedRegistry } from '../support/registry/registry.ts';
import { testAuthority, type TestAuthority } from '../support/tls/tls.ts';

// What a person reads on the terminal of docker, skopeo and podman for each answer of the token server, and whether
// it says what to do next.

const password = 'correct horse battery staple';

interface House {
  readonly server: DockpassServer;
  readonly authority: TestAuthority;
  readonly door: Door;
  readonly trust: Trust;
}

/** A registry, its token server and an edge, with a user and an image to pull: HOST/team/app:1. */
async function openHouse(env: Readonly<Record<string, string>> = {}, service = 'registry'): Promise<House> {
  const server = await startServe({ config: { publicDomains: ['127.0.0.1'] }, env });
  await server.addUser('alice', password);
  const authority = await testAuthority();
  const registry = await startShippedRegistry('3.1', server, { REGISTRY_AUTH_TOKEN_SERVICE: service });
  const door = await openDoor('caddy', {
    authority,
    registry: registry.port,
    dockpass: server.port,
    publicDomains: ['127.0.0.1'],
  });
  const { certificateDirectory, certificateFile } = authority;
  const hosts = [door.localhost, door.loopback];
  return { server, authority, door, trust: { certificateDirectory, certificateFile, hosts } };
}

const people = ['docker', 'skopeo', 'podman'] as const;

async function person(name: string, { trust }: House): Promise<Person> {
  const adapter = adapters.find((one) => one.name === name);
  if (adapter === undefined) throw new Error(`no client ${name}`);
  return adapter.person(trust);
}

/** The words of the refusal alone: status and all else are the client's affair. */
async function refusal(running: Promise<{ status: number; output: string }>): Promise<string> {
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
)('what a refused person reads', () => {
  describe('from a token server that works', () => {
    let house: House;
    let image: string;
    beforeAll(async () => {
      house = await openHouse();
      image = `${house.door.localhost}/team/app:1`;
      const docker = await dockerClient();
      await docker.login(house.door.localhost, 'alice', password);
      await importImage(docker, image);
      await docker.must(['push', image]);
    });

    it.each(people)('%s: that a pull under the private name takes a login, and the command', async (name) => {
      const anyone = await person(name, house);
      expect(await refusal(anyone.pull(image))).toContain(
        `unauthorized: log in first: docker login ${house.door.localhost}`,
      );
    });

    it('docker: that the password is wrong, and the command to try again', async () => {
      const mallory = await person('docker', house);
      expect(await refusal(mallory.login(house.door.localhost, 'alice', 'wrong'))).toContain(
        `unauthorized: wrong user name or password; log in again: docker login ${house.door.localhost}`,
      );
    });

    // At a login they print their own words, whatever the answer says.
    it.each(['skopeo', 'podman'])('%s: that the password is wrong', async (name) => {
      const mallory = await person(name, house);
      expect(await refusal(mallory.login(house.door.localhost, 'alice', 'wrong'))).toContain(
        'invalid username/password',
      );
    });

    it.each(['skopeo', 'podman'])(
      '%s: that the stored password is none any more, and the command',
      async (name) => {
        const user = `carol-${name}`;
        await house.server.addUser(user, password);
        const carol = await person(name, house);
        expect(await carol.login(house.door.localhost, user, password)).toMatchObject({ status: 0 });
        await house.server.must(['user', 'passwd', user, '--password-stdin'], { input: `${password} new\n` });
        expect(await refusal(carol.pull(image))).toContain(
          `wrong user name or password; log in again: docker login ${house.door.localhost}`,
        );
      },
    );

    it.each(people)('%s: that the push needs another name, and the login for it', async (name) => {
      const { localhost, loopback } = house.door;
      const alice = await person(name, house);
      expect(await alice.login(loopback, 'alice', password)).toMatchObject({ status: 0 });
      const words = `denied: log in to push: docker login ${localhost}; ${loopback} only serves pulls`;
      expect(await refusal(alice.push(`${loopback}/team/app:2`))).toContain(words);
      // Whoever did not log in reads the same.
      expect(await refusal((await person(name, house)).push(`${loopback}/team/app:2`))).toContain(words);
    });

    it('curl with a password: that the push needs another name', async () => {
      const curl = await curlClient();
      const url = `https://${house.door.loopback}/v2/team/app/blobs/uploads/`;
      const words = ['--cacert', house.authority.certificateFile, '--user', `alice:${password}`];
      const { stdout } = await curl.must([...words, '--request', 'POST', url]);
      const { errors } = JSON.parse(stdout) as { errors: { code: string; message: string }[] };
      expect(errors[0]?.code).toBe('DENIED');
      expect(errors[0]?.message).toContain(`${house.door.loopback} only serves pulls`);
    });

    it('docker, skopeo and podman: that a login kept as an identity token has ended, and the command', async () => {
      await house.server.addUser('dave', password);
      const docker = await dockerClient();
      await docker.login(house.door.localhost, 'dave', password);
      const skopeo = await skopeoClient();
      const podman = await podmanClient();
      for (const client of [skopeo, podman]) await copyFile(docker.authFile, client.authFile);
      const pulls: readonly (readonly [Client, readonly string[]])[] = [
        [docker, ['pull', image]],
        [skopeo, ['inspect', '--cert-dir', house.trust.certificateDirectory, `docker://${image}`]],
        [podman, ['pull', '--cert-dir', house.trust.certificateDirectory, image]],
      ];
      await docker.must(['rmi', '--force', image]);
      for (const [client, words] of pulls) await client.must(words);
      await house.server.must(['session', 'revoke', '--user', 'dave']);
      for (const [client, words] of pulls) {
        expect(await refusal(client.run(words)), client.name).toContain(
          `this login has ended; log in again: docker login ${house.door.localhost}`,
        );
      }
    });
  });

  needs('faketime')('after too many wrong passwords', () => {
    it('that they have to wait, docker also for how long', async () => {
      // Its clock stands still, so the wait does not end however slow this machine is.
      const now = new Date().toISOString().slice(0, 19).replace('T', ' ');
      const house = await openHouse({ ...(await atAnotherTime('+0h')), FAKETIME: now });
      const url = `${house.server.url}/auth/token?service=registry`;
      const guess = (attempt: number) =>
        fetch(url, { headers: { Authorization: basic('alice', `wrong ${attempt}`) } });
      for (let attempt = 0; (await guess(attempt)).status === 401;) attempt += 1;
      for (const name of people) {
        const alice = await person(name, house);
        const said = await refusal(alice.login(house.door.localhost, 'alice', password));
        if (name === 'docker')
          expect(said).toMatch(/toomanyrequests: too many wrong passwords: wait \d+ s, then log in/);
        else expect(said, name).toContain('too many requests');
      }
    });
  });

  describe('from a registry that names another service', () => {
    let house: House;
    beforeAll(async () => {
      house = await openHouse({}, 'other');
    });

    it('docker: which setting of the registry fixes it', async () => {
      const anyone = await person('docker', house);
      expect(await refusal(anyone.pull(`${house.door.loopback}/team/app:1`))).toContain(
        'the service "other". Set auth.token.service in the registry to "registry"',
      );
    });

    it('docker: the same for a login that it stores as an identity token', async () => {
      await house.server.addUser('erin', password);
      const { localhost } = house.door;
      const url = `http://127.0.0.1:${house.server.port}/auth/token?offline_token=true`;
      const answer = await fetch(url, { headers: { Authorization: basic('erin', password) } });
      const { refresh_token: identitytoken } = (await answer.json()) as { refresh_token: string };
      const docker = await dockerClient();
      const auth = Buffer.from('erin:').toString('base64');
      await writeFile(docker.authFile, JSON.stringify({ auths: { [localhost]: { auth, identitytoken } } }));
      expect(await refusal(docker.run(['pull', `${localhost}/team/app:1`]))).toContain(
        'the service "other". Set auth.token.service in the registry to "registry"',
      );
    });

    // They print the status alone; `dockpass doctor` says the rest.
    it.each(['skopeo', 'podman'])('%s: that the request itself is wrong', async (name) => {
      const anyone = await person(name, house);
      expect(await refusal(anyone.pull(`${house.door.loopback}/team/app:1`))).toContain('400 (Bad Request)');
    });
  });

  describe('while the token server is away', () => {
    let house: House;
    beforeAll(async () => {
      house = await openHouse();
      await house.server.process.stop();
    });

    it.each(people)('%s: that it is not the person’s fault', async (name) => {
      const anyone = await person(name, house);
      expect(await refusal(anyone.pull(`${house.door.loopback}/team/app:1`))).toMatch(
        /503 (Service Unavailable|\(Service Unavailable\))/,
      );
    });
  });
});
