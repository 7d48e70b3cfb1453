import { copyFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { adapters, slugOf, type Adapter, type Person } from '../../support/client/client-commands.ts';
import { skopeoClient } from '../../support/client/clients.ts';
import {
  currentCommit,
  withoutChance,
  writeJwtResults,
  type JwtResult,
} from '../../support/client/compatibility.ts';
import { startSetup, type RunningSetup } from '../../support/edge/registry-behind-edge.ts';
import { until } from '../../support/process/ready.ts';
import { handMadeImage } from '../../support/registry/image.ts';
import { registryPart } from '../../support/registry/registry.ts';
import { engineParts, findPart, needs } from '../../support/run/parts.ts';
import { startTrustIssuer, type TrustIssuer } from '../../support/trust/issuer.ts';

// Every client logs in, pushes and pulls with the JWT of a CI job as its password. One registry and one dockpass serve
// all clients. docs/compatibility.md is generated from the results.

const setup = { registry: '3.1', edge: 'nginx' } as const;

/** Clients that store the refresh token that dockpass gives them, and no longer need the JWT. */
const storesRefreshToken = ['docker', 'docker 29', 'docker with BuildKit'];

/** How long the JWTs are valid whose end the tests wait for, in seconds. They include the leeway of 60 seconds. */
const shortLife = 20;
const leeway = 60;

const results = new Map<string, Partial<JwtResult> & Pick<JwtResult, 'client'>>();
const versions: Record<string, string> = {};

needs(registryPart(setup.registry), setup.edge)('the JWT of a job as the password', () => {
  let running: RunningSetup;
  let issuer: TrustIssuer;
  let jwt: string;
  let expiredAt: number;
  /** People who have logged in with a JWT that has expired when the last tests run. */
  const early = new Map<string, { readonly person: Person; readonly host: string }>();
  const available = adapters.filter((adapter) => adapter.needs.every((name) => findPart(name) !== undefined));

  const record = (client: string, result: Partial<JwtResult>): void =>
    void results.set(client, { client, ...results.get(client), ...result });
  const hostFor = async (adapter: Adapter): Promise<string> =>
    `localhost:${adapter.wantsPlainEdge === true ? await running.openPlainEdge() : running.port}`;
  const sign = (expiresAt: number, project = '74'): Promise<string> =>
    issuer.sign({ repository_id: project, ref: 'refs/heads/main', exp: expiresAt, iat: expiresAt - 300 });

  beforeAll(async () => {
    issuer = await startTrustIssuer();
    running = await startSetup(setup, {
      config: {
        trust: [
          {
            name: 'team-app',
            issuer: issuer.issuer,
            audience: ['registry.example.com'],
            when: { repository_id: '74', ref: 'refs/heads/main' },
            only: ['team/**:pull,push'],
          },
        ],
      },
      env: { NODE_EXTRA_CA_CERTS: issuer.authorityFile },
    });
    jwt = await sign(seconds() + 300);
    for (const adapter of available) {
      const [person, host] = [await adapter.person(running.trust), await hostFor(adapter)];
      versions[adapter.name] = await adapter.version();
      // Each JWT is signed right before its login, so that a slow machine has the whole time for the login.
      expiredAt = seconds() + shortLife + 1;
      const expiring = await sign(expiredAt - 1 - leeway);
      expect(await person.login(host, 'ci', expiring)).toMatchObject({ status: 0 });
      early.set(adapter.name, { person, host });
    }
    return async () => {
      expect(await running.process.stop()).toMatchObject({ status: 0, leftBehind: [] });
    };
  });

  afterAll(async () => {
    await writeJwtResults({
      ...setup,
      versions,
      commit: await currentCommit(),
      at: new Date().toISOString(),
      results: [...results.values()].filter((result): result is JwtResult => result.afterEnd !== undefined),
    });
  });

  for (const adapter of adapters) {
    needs(...adapter.needs)(adapter.name, () => {
      const outcome = ({ status }: { status: number }) => (status === 0 ? 'right' : 'wrong');
      test('logs in, pushes and pulls', async () => {
        const [person, host] = [await adapter.person(running.trust), await hostFor(adapter)];
        const image = `${host}/team/${slugOf(adapter)}:0.1.0`;
        // The user name does not matter.
        const login = await person.login(host, 'any-name', jwt);
        record(adapter.name, { login: adapter.login === 'none' ? 'none' : outcome(login) });
        expect(login).toMatchObject({ status: 0 });
        const push = await person.push(image);
        record(adapter.name, { push: outcome(push) });
        expect(push).toMatchObject({ status: 0 });
        const pull = await person.pull(image);
        record(adapter.name, { pull: outcome(pull) });
        expect(pull).toMatchObject({ status: 0 });
      });

      test('neither pushes nor pulls with the JWT of another project', async () => {
        const [person, host] = [await adapter.person(running.trust), await hostFor(adapter)];
        await person.login(host, 'ci', await sign(seconds() + 300, '75'));
        const image = `${host}/team/${slugOf(adapter)}`;
        for (const denied of [await person.push(`${image}:0.3.0`), await person.pull(`${image}:0.1.0`)]) {
          expect(denied.status).not.toBe(0);
          expect(denied.output).toMatch(/401|unauthorized|log in|invalid username/i);
        }
      });
    });
  }

  test('all JWTs of the first logins have expired', async () => {
    await until('the JWTs to expire', {}, () => Promise.resolve(seconds() >= expiredAt ? true : undefined));
    const skopeo = await skopeoClient();
    const login = await skopeo.login(
      running.privately,
      'ci',
      await sign(expiredAt - 1 - leeway),
      ...['--cert-dir', running.trust.certificateDirectory],
    );
    expect(login.status).not.toBe(0);
  });

  for (const adapter of adapters) {
    needs(...adapter.needs)(`${adapter.name}, after the JWT has expired`, () => {
      const pushes = storesRefreshToken.includes(adapter.name);
      test(pushes ? 'still pushes' : 'is told to log in again', async () => {
        const { person, host } = early.get(adapter.name) ?? expect.fail('nobody has logged in');
        const pushed = await person.push(`${host}/team/${slugOf(adapter)}:0.2.0`);
        record(adapter.name, {
          afterEnd: pushed.status === 0 ? 'pushes' : 'denied',
          ...(pushed.status !== 0 && {
            said: withoutChance(pushed.output, [Number(host.split(':')[1]), ...Object.values(running.ports)]),
          }),
        });
        if (pushes) expect(pushed).toMatchObject({ status: 0 });
        else expect(pushed.output).toMatch(/401|unauthorized|log in|invalid username/i);
      });
    });
  }

  needs(
    'skopeo',
    'docker',
    'root',
    'dockerd',
    'ip',
  )('skopeo', () => {
    test('pushes after the end of the JWT with the file that docker login has written', async () => {
      const docker = early.get('docker') ?? expect.fail('docker has not logged in');
      const skopeo = await skopeoClient();
      await copyFile(docker.person.authFile ?? expect.fail('no file'), skopeo.authFile);
      const { directory } = await handMadeImage();
      await skopeo.must([
        ...['copy', '--dest-cert-dir', running.trust.certificateDirectory],
        ...[`oci:${directory}:latest`, `docker://${docker.host}/team/by-skopeo:1`],
      ]);
    });
  });

  needs('kaniko', ...engineParts)('kaniko', () => {
    test('pushes after the end of the JWT with the file that docker login has written', async () => {
      const docker = early.get('docker') ?? expect.fail('docker has not logged in');
      const kaniko = early.get('kaniko') ?? expect.fail('kaniko has not logged in');
      await copyFile(
        docker.person.authFile ?? expect.fail('no file'),
        kaniko.person.authFile ?? expect.fail('no file'),
      );
      expect(await kaniko.person.push(`${docker.host}/team/by-kaniko:1`)).toMatchObject({ status: 0 });
    });
  });
});

/** Returns the time in seconds since the epoch. */
function seconds(): number {
  return Math.floor(Date.now() / 1000);
}
