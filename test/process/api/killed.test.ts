import { join } from 'node:path';
import { expect, test } from 'vitest';
import { createPasswordHasher } from '../../../src/identity/password/password-hash.ts';
import { Secret } from '../../../src/secret.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { dockpassBin } from '../../support/dockpass/dockpass.ts';
import { configIn } from '../../support/dockpass/settings.ts';
import { start, type Running } from '../../support/process/process.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

/** The number of kills. `npm run test:api-killed` kills 200 times, and every other run kills a tenth as often. */
const rounds = process.env['DOCKPASS_SOAK'] === undefined ? 20 : 200;
/** How many clients write at once. Each of them has its own names. */
const clients = 4;
const password = 'correct horse battery';

/** What is in the database: `group NAME` with its members, `grant GROUP` with its actions, `user NAME` with the role. */
type State = Map<string, string>;

interface Write {
  readonly method: string;
  readonly path: string;
  readonly body?: object;
  /** The entry of the state that the request changes, and its value afterwards. Undefined if it is removed. */
  readonly entry: string;
  readonly value: string | undefined;
  readonly key?: string;
}

/** The requests that a client sends in one round, in this order. */
function writesOf(client: number, round: number): Write[] {
  const user = `user-${client}`;
  const group = `group-${round}-${client}`;
  const subject = `group:${group}`;
  const role = round % 2 === 0 ? 'reader' : 'none';
  const grants = `/grants?subject=${encodeURIComponent(subject)}&pattern=a`;
  const members = `/groups/${group}/members/${user}`;
  const newGrant = { subject, pattern: 'a', actions: ['pull', 'push'] };
  return [
    {
      method: 'POST',
      path: '/groups',
      body: { name: group },
      entry: `group ${group}`,
      value: '',
      key: group,
    },
    { method: 'PUT', path: members, entry: `group ${group}`, value: user },
    { method: 'PATCH', path: `/users/${user}`, body: { role }, entry: `user ${user}`, value: role },
    { method: 'POST', path: '/grants', body: newGrant, entry: `grant ${subject}`, value: 'pull,push' },
    { method: 'DELETE', path: grants, entry: `grant ${subject}`, value: undefined },
    { method: 'DELETE', path: members, entry: `group ${group}`, value: '' },
    ...(round % 3 === 0
      ? [{ method: 'DELETE', path: `/groups/${group}`, entry: `group ${group}`, value: undefined }]
      : []),
  ];
}

class Api {
  readonly #base: string;

  constructor(port: string) {
    this.#base = `http://127.0.0.1:${port}/auth/api/v1`;
  }

  async send({ method, path, body, key }: Pick<Write, 'method' | 'path' | 'body' | 'key'>) {
    const answer = await fetch(`${this.#base}${path}`, {
      method,
      headers: {
        Authorization: `Basic ${Buffer.from(`root-1:${password}`).toString('base64')}`,
        ...(body && { 'Content-Type': 'application/json' }),
        ...(key !== undefined && { 'Idempotency-Key': key }),
      },
      ...(body && { body: JSON.stringify(body) }),
    });
    return { status: answer.status, text: await answer.text() };
  }

  async #all(path: string): Promise<Record<string, string | string[]>[]> {
    const items: Record<string, string | string[]>[] = [];
    for (let cursor = ''; ;) {
      const { status, text } = await this.send({ method: 'GET', path: `${path}?limit=1000${cursor}` });
      expect(status).toBe(200);
      const page = JSON.parse(text) as { items: Record<string, string | string[]>[]; next: string | null };
      items.push(...page.items);
      if (page.next === null) return items;
      cursor = `&cursor=${page.next}`;
    }
  }

  async read(): Promise<State> {
    const [users, groups, grants] = await Promise.all([
      this.#all('/users'),
      this.#all('/groups'),
      this.#all('/grants'),
    ]);
    return new Map([
      ...users.map((user): [string, string] => [`user ${String(user['name'])}`, String(user['role'])]),
      ...groups.map((group): [string, string] => [
        `group ${String(group['name'])}`,
        String(group['members']),
      ]),
      ...grants.map((grant): [string, string] => [
        `grant ${String(grant['subject'])}`,
        String(grant['actions']),
      ]),
    ]);
  }
}

async function addUsers(database: string): Promise<State> {
  const store = await openStore(database);
  const passwordHash = await createPasswordHasher().hash(new Secret(password));
  const times = { createdAt: 1, changedAt: 1 };
  const state: State = new Map([['user root-1', 'admin']]);
  await store.users.add({ name: 'root-1', role: 'admin', passwordHash, disabled: false, ...times });
  for (let client = 0; client < clients; client++) {
    await store.users.add({
      name: `user-${client}`,
      role: 'none',
      passwordHash: null,
      disabled: false,
      ...times,
    });
    state.set(`user user-${client}`, 'none');
  }
  await store.close();
  return state;
}

test(`kill -9 of the server in the middle of writes through the API, ${rounds} rounds: nothing acknowledged is lost`, async () => {
  const directory = await temporaryDirectory('api-killed');
  const config = await configIn(directory, { listen: '127.0.0.1:0', operations: { listen: '127.0.0.1:0' } });
  const acknowledged = await addUsers(config.database);
  const startServing = async (): Promise<{ server: Running; api: Api }> => {
    const server = await start(process.execPath, [
      dockpassBin,
      'serve',
      '--config',
      join(directory, 'dockpass.yml'),
    ]);
    const [, port = ''] = await server.line(/token server ready on 127\.0\.0\.1:(\d+)/);
    return { server, api: new Api(port) };
  };

  let serving = await startServing();
  let writes = 0;
  let interrupted = 0;
  for (let round = 0; round < rounds; round++) {
    const { server, api } = serving;
    // The first login computes a slow hash. After it, the password is cached.
    expect((await api.send({ method: 'GET', path: '/me' })).status).toBe(200);
    const underWay = new Map<number, Write>();
    // The kill happens after some acknowledged writes, at any moment of the next ones.
    let left = Math.floor(Math.random() * clients * 6);
    const { promise: enough, resolve: haveEnough } = Promise.withResolvers<void>();
    const writing = Array.from({ length: clients }, async (_, client) => {
      for (const write of writesOf(client, round)) {
        underWay.set(client, write);
        const answer = await api.send(write).catch(() => undefined);
        // The server was killed, so the change may have happened or not.
        if (answer === undefined) return;
        expect([write.method, write.path, answer.status, answer.text].slice(0, 3)).toEqual([
          write.method,
          write.path,
          write.method === 'POST' ? 201 : write.method === 'DELETE' ? 204 : 200,
        ]);
        writes++;
        if (--left <= 0) haveEnough();
        underWay.delete(client);
        if (write.value === undefined) acknowledged.delete(write.entry);
        else acknowledged.set(write.entry, write.value);
      }
    });
    await Promise.race([enough, ...(left === 0 ? [Promise.resolve()] : []), Promise.all(writing)]);
    await new Promise((resolve) => setTimeout(resolve, Math.random() * 10));
    server.signal('SIGKILL');
    await Promise.all([server.ended, ...writing]);
    interrupted += underWay.size;

    serving = await startServing();
    // A client repeats a creation whose answer it did not get. It is made once, whether it had happened or not.
    for (const [client, write] of underWay) {
      if (write.key === undefined) continue;
      const { status, text } = await serving.api.send(write);
      expect([status, text]).toSatisfy(
        () => status === 201 || (status === 409 && text.includes('idempotency_key_reused')),
      );
      acknowledged.set(write.entry, write.value ?? '');
      underWay.delete(client);
    }
    const found = await serving.api.read();
    for (const { entry, value } of underWay.values()) {
      // From now on, this must not change.
      if (found.get(entry) !== value) continue;
      if (value === undefined) acknowledged.delete(entry);
      else acknowledged.set(entry, value);
    }
    expect([round, Object.fromEntries(found)]).toEqual([round, Object.fromEntries(acknowledged)]);
  }
  serving.server.signal('SIGTERM');
  await serving.server.ended;
  const summary = `kill -9 in the middle of API writes: ${rounds} rounds, ${writes} acknowledged writes, ${interrupted} interrupted, none lost`;
  console.log(summary);
  expect(writes).toBeGreaterThan(rounds);
}, 3_600_000);
