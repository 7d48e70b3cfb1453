import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { adapters, slugOf, type Adapter, type Person } from '../support/client/client-commands.ts';
import {
  currentCommit,
  operations,
  withoutChance,
  writeCompatibility,
  type Operation,
  type Result,
} from '../support/client/compatibility.ts';
import {
  setups,
  isFullMatrix,
  startSetup,
  type RunningSetup,
  type Setup,
} from '../support/edge/registry-behind-edge.ts';
import { needs, part } from '../support/run/parts.ts';
import { registryPart } from '../support/registry/registry.ts';
import { until } from '../support/process/ready.ts';
import { run, type Ran } from '../support/process/run.ts';

// Runs every client against a registry. localhost is the private domain, 127.0.0.1 the public domain. By default, only
// two combinations of a registry and an edge are tested. `npm run test:matrix` tests all of them.
// docs/compatibility.md is generated from the results.

const testedSetups = setups({ registry: '2.8', edge: 'caddy' }, { registry: '3.1', edge: 'nginx' });

const password = 'correct horse battery staple';
const results: Result[] = [];
const versions: Record<string, string> = {};

afterAll(async () => {
  await writeCompatibility({
    command: isFullMatrix ? 'npm run test:matrix' : 'npm test',
    full: isFullMatrix,
    commit: await currentCommit(),
    at: new Date().toISOString(),
    clients: adapters.map(({ name }) => name),
    setups: testedSetups,
    versions,
    results,
  });
});

for (const setup of testedSetups) {
  const { registry, edge } = setup;
  needs(registryPart(registry), edge)(`registry ${registry} behind ${edge}`, () => {
    let running: RunningSetup;
    let machines: Machines;
    beforeAll(async () => {
      running = await startSetup(setup);
      await running.addUser('alice', password);
      await running.addUser('root-admin', password, 'admin');
      const secret = async (...args: string[]) => (await running.must(args)).stdout.trim();
      machines = {
        token: { name: 'alice', secret: await secret('token', 'create', 'ci', '--user', 'alice') },
        robot: { name: 'ci-robot', secret: await secret('robot', 'create', 'ci-robot', '--only', '**:pull') },
      };
      versions[`registry ${registry}`] ??= await versionOf(part(registryPart(registry)), '--version');
      versions[edge] ??= await edgeVersion(edge);
      // Runs before the next setup starts, and only if this setup was started.
      return async () => {
        expect(await running.process.stop()).toMatchObject({ status: 0, leftBehind: [] });
      };
    });
    for (const adapter of adapters) {
      if (adapter.wantsPlainEdge === true && (registry === '2.8' || edge === 'traefik')) {
        for (const operation of operations)
          results.push({ client: adapter.name, ...setup, operation, outcome: 'none' });
        continue;
      }
      needs(...adapter.needs)(adapter.name, () => testClient(adapter, setup, () => ({ running, machines })));
    }
  });
}

/** Accounts that log in with a generated secret instead of a password. */
interface Machines {
  readonly token: { readonly name: string; readonly secret: string };
  readonly robot: { readonly name: string; readonly secret: string };
}

interface Started {
  readonly running: RunningSetup;
  readonly machines: Machines;
}

/** Defines the tests of one client. Their order matters: later tests use what earlier ones left in the registry. */
function testClient(adapter: Adapter, setup: Setup, started: () => Started): void {
  let alice: Person;
  let anyone: Person;
  let port: number;
  let privately: string;
  let publicly: string;
  const slug = slugOf(adapter);
  const image = `team/${slug}-app:0.1.0`;
  beforeAll(async () => {
    const { running } = started();
    const { trust } = running;
    port = adapter.wantsPlainEdge === true ? await running.openPlainEdge() : running.port;
    privately = `localhost:${port}`;
    publicly = `127.0.0.1:${port}`;
    [alice, anyone] = [await adapter.person(trust), await adapter.person(trust)];
    versions[adapter.name] ??= await adapter.version();
  });

  /** Records a result for docs/compatibility.md. Callers assert it only afterwards, so failures are recorded, too. */
  const record = (operation: Operation, ran: Ran, isRight: boolean): Ran => {
    const { ports, port: secure } = started().running;
    const hasFailed = ran.status !== 0;
    results.push({
      client: adapter.name,
      ...setup,
      operation,
      outcome: isRight ? 'right' : 'wrong',
      ...(hasFailed && { said: withoutChance(ran.output, [port, secure, ports.registry, ports.dockpass]) }),
    });
    return ran;
  };
  const expectSuccess = (operation: Operation, ran: Ran): void => {
    expect(record(operation, ran, ran.status === 0)).toMatchObject({ status: 0 });
  };
  const recordMissing = (operation: Operation): void =>
    void results.push({ client: adapter.name, ...setup, operation, outcome: 'none' });
  const expectFailure = (operation: Operation, ran: Ran, message: RegExp): void => {
    record(operation, ran, ran.status !== 0 && message.test(ran.output));
    expect(ran.status, ran.output).not.toBe(0);
    expect(ran.output).toMatch(message);
  };

  test('logs in', async () => {
    const login = await alice.login(privately, 'alice', password);
    if (adapter.login !== 'none') expectSuccess('login', login);
    else recordMissing('login');
  });

  test('pushes to and pulls from the private domain', async () => {
    expectSuccess('push', await alice.push(`${privately}/${image}`));
    expectSuccess('pull', await alice.pull(`${privately}/${image}`));
  });

  test('pulls from the public domain without a login', async () => {
    expectSuccess('anonymous pull, public name', await anyone.pull(`${publicly}/${image}`));
  });

  test('cannot push to the public domain, even after a login there', async () => {
    expect(await alice.login(publicly, 'alice', password)).toMatchObject({ status: 0 });
    // The error message of the edge names the edge's own port. Behind Traefik, the error message comes from dockpass,
    // which names the port from its configuration.
    const anyPort = `(?:${port}|${started().running.port})`;
    const pushed = await alice.push(`${publicly}/team/${slug}-sneaked:0.1.0`);
    const message =
      ownMessagesOf(adapter).push ??
      new RegExp(`log in to push: docker login localhost:${anyPort}; ${publicly} only serves pulls`);
    expectFailure('push refused, public name', pushed, message);
  });

  test('cannot pull from the private domain without a login', async () => {
    const pulled = await anyone.pull(`${privately}/${image}`);
    const message = ownMessagesOf(adapter).anonymous ?? new RegExp(`log in first: docker login ${privately}`);
    expectFailure('anonymous pull refused, private name', pulled, message);
  });

  test('fails with a wrong password', async () => {
    const mallory = await adapter.person(started().running.trust);
    const login = await mallory.login(privately, 'alice', `${password}!`);
    const refused = adapter.login === 'asks' ? login : await mallory.pull(`${privately}/${image}`);
    const message =
      ownMessagesOf(adapter).wrongPassword ??
      new RegExp(`wrong user name or password; log in again: docker login ${privately}`);
    expectFailure('wrong password', refused, message);
  });

  test.each(['token', 'robot'] as const)('logs in with the secret of a %s and pulls', async (kind) => {
    const { running, machines } = started();
    const { name, secret } = machines[kind];
    const machine = await adapter.person(running.trust);
    const operation = kind === 'token' ? 'access token' : 'robot';
    const login = await machine.login(privately, name, secret);
    expectSuccess(operation, login.status === 0 ? await machine.pull(`${privately}/${image}`) : login);
  });

  test('lists all repositories and deletes an image as an admin', async () => {
    const admin = await adapter.person(started().running.trust);
    if (admin.catalog === undefined && admin.remove === undefined)
      return [recordMissing('catalog'), recordMissing('delete')];
    expect(await admin.login(privately, 'root-admin', password)).toMatchObject({ status: 0 });
    const { catalog } = admin;
    if (catalog === undefined) recordMissing('catalog');
    else {
      const repository = image.slice(0, -':0.1.0'.length);
      let listed = await catalog(privately);
      // Behind Traefik, dockpass answers, and a new repository appears within ten seconds.
      await until(`${repository} in the list`, { timeout: 20_000 }, async () => {
        if (!listed.stdout.includes(repository)) listed = await catalog(privately);
        return listed.stdout.includes(repository) ? true : undefined;
      }).catch(() => undefined);
      expect(record('catalog', listed, listed.stdout.includes(repository))).toMatchObject({
        status: 0,
        stdout: expect.stringContaining(repository) as string,
      });
    }
    if (admin.remove === undefined) return recordMissing('delete');
    expectSuccess('delete', await admin.remove(`${privately}/${image}`));
    expect((await alice.pull(`${privately}/${image}`)).status).not.toBe(0);
  });
}

/** What a client prints at a denied request, if it does not print the message of the answer. */
interface ClientMessages {
  readonly push?: RegExp;
  readonly anonymous?: RegExp;
  readonly wrongPassword?: RegExp;
}

/** Returns what a client prints instead of the messages of dockpass and the edge. */
function ownMessagesOf({ name }: Adapter): ClientMessages {
  switch (name) {
    case 'podman':
    case 'buildah':
    case 'skopeo':
      return { wrongPassword: /invalid username\/password/ };
    case 'docker with BuildKit':
      return { anonymous: /failed to authorize: .*401 Unauthorized/ };
    case 'ctr':
      return {
        push: /403 Forbidden/,
        anonymous: /failed to authorize: .*401 Unauthorized/,
        wrongPassword: /failed to authorize: .*401 Unauthorized/,
      };
    case 'regctl':
      return { anonymous: /unauthorized/, wrongPassword: /unauthorized/ };
    default:
      return {};
  }
}

async function edgeVersion(edge: Setup['edge']): Promise<string> {
  if (edge !== 'traefik') return versionOf(part(edge), edge === 'nginx' ? '-v' : 'version');
  // A Traefik that is built from its Go module prints "dev" as its version, and the version of Go. The version of the
  // module is found in the program file.
  const program = await readFile(part(edge), 'latin1');
  return /\bgithub\.com\/traefik\/traefik\/v3\t(v\d+\.\d+\.\d+)/.exec(program)?.[1] ?? 'unknown';
}

async function versionOf(command: string, option: string): Promise<string> {
  const { output } = await run(command, [option]);
  return /v?\d+\.\d+\.\d+\S*/.exec(output)?.[0] ?? output.trim();
}
