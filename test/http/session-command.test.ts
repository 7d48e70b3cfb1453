import Database from 'better-sqlite3';
import { beforeEach, describe, expect, test, vi } from 'vitest';
import { runCli } from '../../src/cli/cli.ts';
import { openBrowser } from '../support/dockpass/console.ts';
import {
  privateHost,
  publicHost,
  startIssuer,
  startOfTime,
  type TestIssuer,
} from '../support/dockpass/issuer.ts';

const password = 'correct horse battery';
let issuer: TestIssuer;

beforeEach(async () => {
  issuer = await startIssuer();
  // The command uses the clock of the machine, so the fake clock of the server is set to the same time.
  issuer.clock.advance(Math.floor((Date.now() - issuer.clock()) / 1000));
  await issuer.addUser('alice', password);
  await issuer.addUser('bob', password);
});

async function login(user: string, host = privateHost, client = 'docker'): Promise<string> {
  const query = `offline_token=true&client_id=${encodeURIComponent(client)}`;
  const { body } = await issuer.get(host, query).auth(user, password);
  return (body as { refresh_token: string }).refresh_token;
}

async function isGood(token: string): Promise<boolean> {
  return (await issuer.post(privateHost, `grant_type=refresh_token&refresh_token=${token}`)).status === 200;
}

/** Runs `dockpass session` with these arguments, and returns its status and output. */
async function session(...args: string[]): Promise<{ status: number; stdout: string; stderr: string }> {
  const output = { stdout: '', stderr: '' };
  const spies = (['stdout', 'stderr'] as const).map((stream) =>
    vi.spyOn(process[stream], 'write').mockImplementation((text) => {
      output[stream] += String(text);
      return true;
    }),
  );
  try {
    const status = await runCli([
      'node',
      'dockpass',
      '--config',
      issuer.config.file ?? '',
      'session',
      ...args,
    ]);
    return { status, ...output };
  } finally {
    for (const spy of spies) spy.mockRestore();
  }
}

interface Listed {
  readonly name: string;
  readonly user: string;
  readonly host: string;
  readonly client: string;
}

async function listed(...args: string[]): Promise<Listed[]> {
  return JSON.parse((await session('list', ...args, '--json')).stdout) as Listed[];
}

describe('sessions of the console', () => {
  test('are listed with the browser, and are revoked like others', async () => {
    const browser = openBrowser(issuer);
    await browser.signIn('alice', password);
    await login('alice');
    const sessions = await listed('alice');
    expect(sessions.map(({ client }) => client).sort()).toEqual(['console', 'docker']);
    expect((await session('list')).stdout).toMatch(/ console(?:: |$)/m);
    const ofConsole = sessions.find(({ client }) => client === 'console');
    expect((await session('revoke', ofConsole?.name ?? '')).status).toBe(0);
    expect((await browser.send('get', '/me')).status).toBe(401);
    await browser.signIn('alice', password);
    expect((await session('revoke', '--user', 'alice')).stderr).toContain('2 sessions revoked');
    expect((await browser.send('get', '/me')).status).toBe(401);
  });
});

describe('dockpass session', () => {
  test('list shows the user, the host and the client, but never the token', async () => {
    const token = await login('alice');
    await login('bob', publicHost, 'podman');
    expect(await listed()).toMatchObject([
      { user: 'alice', host: privateHost, client: 'docker', lastUsedFrom: '127.0.0.1' },
      { user: 'bob', host: publicHost, client: 'podman' },
    ]);
    expect(await listed('Alice')).toMatchObject([{ user: 'alice' }]);
    const { stdout } = await session('list');
    expect(stdout).toMatch(/^ID +USER +HOST/);
    expect(stdout).not.toContain(token.slice(4, 20));
  });

  test('a client name cannot move the cursor of the terminal', async () => {
    await login('alice', privateHost, 'evil\u001b[2J\u009b1A\r\n\u202ename');
    const { stdout } = await session('list');
    expect(stdout).toContain('evil?[2J?1A???name');
    expect(stdout.trimEnd().split('\n')).toHaveLength(2);
  });

  test('revoke ends the session that is named', async () => {
    const [one, other] = [await login('alice'), await login('alice')];
    const [first] = await listed('alice');
    expect((await session('revoke', first?.name ?? '')).status).toBe(0);
    expect([await isGood(one), await isGood(other)].sort()).toEqual([false, true]);
  });

  test('revoke --user ends all sessions of one user, --all those of all users', async () => {
    const [ofAlice, ofBob] = [await login('alice'), await login('bob')];
    expect((await session('revoke', '--user', 'alice')).stderr).toContain('1 session revoked');
    expect([await isGood(ofAlice), await isGood(ofBob)]).toEqual([false, true]);
    expect((await session('revoke', '--all')).status).toBe(0);
    expect(await isGood(ofBob)).toBe(false);
    expect(await listed()).toEqual([]);
  });

  test('each revocation is in the audit log', async () => {
    await login('alice');
    await session('revoke', '--user', 'alice');
    const events = await issuer.server.store.auditLog.list({});
    expect(events).toContainEqual(
      expect.objectContaining({ outcome: 'changed', reason: 'all sessions of alice revoked' }),
    );
  });

  test('list does not show sessions that have ended', async () => {
    issuer.clock.advance(Math.floor((startOfTime - issuer.clock()) / 1000));
    expect(await login('alice')).toBeDefined();
    expect(await listed()).toEqual([]);
  });

  test.each([
    [['revoke'], 2],
    [['revoke', 'x', '--all'], 2],
    [['revoke', '--user', 'alice', '--all'], 2],
    [['revoke', 'nothing-like-it'], 1],
    [['revoke', '--user', 'nobody'], 1],
    [['list', 'nobody'], 1],
  ])('%j ends with status %i and says what to do', async (args, expected) => {
    const { status, stdout, stderr } = await session(...args);
    expect([status, stdout]).toEqual([expected, '']);
    expect(stderr).toMatch(/dockpass (session|user) list|--user USER or --all/);
  });
});

describe('too many sessions of one user', () => {
  /** Seconds. */
  const year = 365 * 24 * 3600;
  /** Stores sessions of alice, each last used one second later than the previous one. */
  const addSessions = (count: number): void => {
    const database = new Database(issuer.config.database);
    const insert = database.prepare(
      `insert into refresh_tokens (hash, id, user_name, service, host, client, created_at, expires_at, last_used_at, last_used_from)
       values (?, ?, 'alice', 'registry', ?, 'docker', ?, ?, ?, '')`,
    );
    const now = Math.floor(issuer.clock() / 1000);
    database.transaction(() => {
      for (let at = 0; at < count; at++)
        insert.run(`hash ${at}`, `s${at}`, privateHost, now - year / 100, now + year, now - count + at);
    })();
    database.close();
  };
  const sessionIds = async (): Promise<ReadonlySet<string>> =>
    new Set((await issuer.server.store.refreshTokens.list('alice')).map(({ id }) => id));

  test('the least recently used one ends when the 10,001st begins, with an audit row', async () => {
    addSessions(9_999);
    const first = await login('alice');
    expect((await sessionIds()).size).toBe(10_000);
    const second = await login('alice');
    await expect.poll(async () => (await sessionIds()).size).toBe(10_000);
    const ids = await sessionIds();
    expect([ids.has('s0'), ids.has('s1')]).toEqual([false, true]);
    expect([await isGood(first), await isGood(second)]).toEqual([true, true]);
    const rows = await issuer.server.store.auditLog.list({ limit: 100 });
    expect(rows.map(({ reason }) => reason)).toContain(
      'session s0 of alice ended: a user can have at most 10000 sessions. dockpass ends the least recently used sessions first',
    );
  });
});
