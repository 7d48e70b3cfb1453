import { readFile } from 'node:fs/promises';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { adapters, type Adapter, type Person } from '../support/client/client-commands.ts';
import {
  currentCommit,
  operations,
  withoutChance,
  writeCompatibility,
  type Operation,
  type Result,
} from '../support/client/compatibility.ts';
import {
  households,
  isFullMatrix,
  startHouse,
  type House,
  type Household,
} from '../support/edge/registry-behind-edge.ts';
import { needs, part } from '../support/run/parts.ts';
import { registryPart } from '../support/registry/registry.ts';
import { run, type Ran } from '../support/process/run.ts';

// Every client: localhost is the private name, 127.0.0.1 the public one. On the main path by default, on every registry
// behind every edge by `npm run test:matrix`. docs/compatibility.md is made of its results.

const walked = households({ registry: '2.8', edge: 'caddy' }, { registry: '3.1', edge: 'nginx' });

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
    households: walked,
    versions,
    results,
  });
});

for (const household of walked) {
  const { registry, edge } = household;
  needs(registryPart(registry), edge)(`registry ${registry} behind ${edge}`, () => {
    let house: House;
    let machines: Machines;
    beforeAll(async () => {
      house = await startHouse(household);
      await house.addUser('alice', password);
      await house.addUser('root-admin', password, 'admin');
      const secret = async (...words: string[]) => (await house.must(words)).stdout.trim();
      machines = {
        token: { name: 'alice', secret: await secret('token', 'create', 'ci', '--user', 'alice') },
        robot: { name: 'ci-robot', secret: await secret('robot', 'create', 'ci-robot', '--only', '**:pull') },
      };
      versions[`registry ${registry}`] ??= await versionOf(part(registryPart(registry)), '--version');
      versions[edge] ??= await edgeVersion(edge);
      // Before the next household starts, and only if this one did.
      return async () => {
        expect(await house.process.stop()).toMatchObject({ status: 0, leftBehind: [] });
      };
    });
    for (const adapter of adapters) {
      if (adapter.wantsPlainDoor === true && (registry === '2.8' || edge === 'traefik')) {
        for (const operation of operations)
          results.push({ client: adapter.name, ...household, operation, outcome: 'none' });
        continue;
      }
      needs(...adapter.needs)(adapter.name, () => walk(adapter, household, () => ({ house, machines })));
    }
  });
}

/** Who logs in without a password. */
interface Machines {
  readonly token: { readonly name: string; readonly secret: string };
  readonly robot: { readonly name: string; readonly secret: string };
}

interface Started {
  readonly house: House;
  readonly machines: Machines;
}

/** What every client has to do, in this order: the later steps use what the earlier left in the registry. */
function walk(adapter: Adapter, household: Household, started: () => Started): void {
  let alice: Person;
  let anyone: Person;
  let port: number;
  let privately: string;
  let publicly: string;
  const called = adapter.name.toLowerCase().replaceAll(' ', '-');
  const image = `team/${called}-app:0.1.0`;
  beforeAll(async () => {
    const { house } = started();
    const { trust } = house;
    port = adapter.wantsPlainDoor === true ? await house.openPlainDoor() : house.port;
    privately = `localhost:${port}`;
    publicly = `127.0.0.1:${port}`;
    [alice, anyone] = [await adapter.person(trust), await adapter.person(trust)];
    versions[adapter.name] ??= await adapter.version();
  });

  /** Kept for the page before it is judged: a step that went wrong has to be on it. */
  const seen = (operation: Operation, ran: Ran, isRight: boolean): Ran => {
    const { ports, port: secure } = started().house;
    const isRefused = ran.status !== 0;
    results.push({
      client: adapter.name,
      ...household,
      operation,
      outcome: isRight ? 'right' : 'wrong',
      ...(isRefused && { said: withoutChance(ran.output, [port, secure, ports.registry, ports.dockpass]) }),
    });
    return ran;
  };
  const works = (operation: Operation, ran: Ran): void => {
    expect(seen(operation, ran, ran.status === 0)).toMatchObject({ status: 0 });
  };
  const none = (operation: Operation): void =>
    void results.push({ client: adapter.name, ...household, operation, outcome: 'none' });
  const isRefused = (operation: Operation, ran: Ran, inWords: RegExp): void => {
    seen(operation, ran, ran.status !== 0 && inWords.test(ran.output));
    expect(ran.status, ran.output).not.toBe(0);
    expect(ran.output).toMatch(inWords);
  };

  it('logs in', async () => {
    const login = await alice.login(privately, 'alice', password);
    if (adapter.login !== 'none') works('login', login);
    else none('login');
  });

  it('pushes and pulls under the private name', async () => {
    works('push', await alice.push(`${privately}/${image}`));
    works('pull', await alice.pull(`${privately}/${image}`));
  });

  it('pulls from the public name without a login', async () => {
    works('anonymous pull, public name', await anyone.pull(`${publicly}/${image}`));
  });

  it('cannot push to the public name, logged in there', async () => {
    expect(await alice.login(publicly, 'alice', password)).toMatchObject({ status: 0 });
    // The edge names the door that it is; dockpass, behind Traefik, the one that it was told of.
    const anyPort = `(?:${port}|${started().house.port})`;
    const pushed = await alice.push(`${publicly}/team/${called}-sneaked:0.1.0`);
    const inWords =
      wordsOf(adapter).push ??
      new RegExp(`log in to push: docker login localhost:${anyPort}; ${publicly} only serves pulls`);
    isRefused('push refused, public name', pushed, inWords);
  });

  it('cannot pull from the private name without a login', async () => {
    const pulled = await anyone.pull(`${privately}/${image}`);
    const inWords = wordsOf(adapter).anonymous ?? new RegExp(`log in first: docker login ${privately}`);
    isRefused('anonymous pull refused, private name', pulled, inWords);
  });

  it('is not let in with a wrong password', async () => {
    const mallory = await adapter.person(started().house.trust);
    const login = await mallory.login(privately, 'alice', `${password}!`);
    const refused = adapter.login === 'asks' ? login : await mallory.pull(`${privately}/${image}`);
    const inWords =
      wordsOf(adapter).wrongPassword ??
      new RegExp(`wrong user name or password; log in again: docker login ${privately}`);
    isRefused('wrong password', refused, inWords);
  });

  it.each(['token', 'robot'] as const)('logs in and pulls with a %s for its password', async (kind) => {
    const { house, machines } = started();
    const { name, secret } = machines[kind];
    const machine = await adapter.person(house.trust);
    const operation = kind === 'token' ? 'access token' : 'robot';
    const login = await machine.login(privately, name, secret);
    works(operation, login.status === 0 ? await machine.pull(`${privately}/${image}`) : login);
  });

  it('lists all repositories and deletes one, for an admin', async () => {
    const admin = await adapter.person(started().house.trust);
    if (admin.catalog === undefined && admin.remove === undefined) return [none('catalog'), none('delete')];
    expect(await admin.login(privately, 'root-admin', password)).toMatchObject({ status: 0 });
    if (admin.catalog === undefined) none('catalog');
    else {
      const listed = await admin.catalog(privately);
      expect(seen('catalog', listed, listed.stdout.includes(image.slice(0, -':0.1.0'.length)))).toMatchObject(
        {
          status: 0,
          stdout: expect.stringContaining(image.slice(0, -':0.1.0'.length)) as string,
        },
      );
    }
    if (admin.remove === undefined) return none('delete');
    works('delete', await admin.remove(`${privately}/${image}`));
    expect((await alice.pull(`${privately}/${image}`)).status).not.toBe(0);
  });
}

/** Where the client does not show what it was told. */
interface Words {
  readonly push?: RegExp;
  readonly anonymous?: RegExp;
  readonly wrongPassword?: RegExp;
}

/** What each client prints instead of our words. */
function wordsOf({ name }: Adapter): Words {
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

async function edgeVersion(edge: Household['edge']): Promise<string> {
  if (edge !== 'traefik') return versionOf(part(edge), edge === 'nginx' ? '-v' : 'version');
  // Built from its module it calls itself "dev", and says which Go it was built with. The module's version is in it.
  const program = await readFile(part(edge), 'latin1');
  return /\bgithub\.com\/traefik\/traefik\/v3\t(v\d+\.\d+\.\d+)/.exec(program)?.[1] ?? 'unknown';
}

async function versionOf(command: string, word: string): Promise<string> {
  const { output } = await run(command, [word]);
  return /v?\d+\.\d+\.\d+\S*/.exec(output)?.[0] ?? output.trim();
}
