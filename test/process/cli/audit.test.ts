import { stat } from 'node:fs/promises';
import { hostname, userInfo } from 'node:os';
import { join } from 'node:path';
import Database from 'better-sqlite3';
import { describe, expect, test } from 'vitest';
import { dockpassHome, startServe, type DockpassServer } from '../../support/dockpass/dockpass.ts';
import { basic } from '../../support/network/raw-http.ts';
import { repository } from '../../support/run/environment.ts';
import { start } from '../../support/process/process.ts';
import { until } from '../../support/process/ready.ts';

const password = 'correct horse battery';
const config = { publicDomains: ['127.0.0.1'] };

/** Requests a token for a pull without a login, under the public domain. */
async function pull(server: DockpassServer, name: string): Promise<void> {
  const url = `${server.url}/auth/token?service=registry&scope=repository:${name}:pull`;
  expect((await fetch(url)).status).toBe(200);
}

interface Row {
  readonly client: string;
  readonly name: string;
  readonly time: string;
  readonly outcome: string;
  readonly granted: string;
  readonly reason: string;
}

async function audit(server: DockpassServer, ...words: string[]): Promise<Row[]> {
  return JSON.parse((await server.must(['audit', '--json', ...words])).stdout) as Row[];
}

const untilAudited = (server: DockpassServer, scope: string): Promise<Row[]> =>
  until(`the row about ${scope}`, {}, async () => {
    const rows = await audit(server);
    return rows.some(({ granted }) => granted === scope) ? rows : undefined;
  });

describe('dockpass audit', () => {
  test('shows changes at once and issued tokens soon, filters by time and user, and follows new events', async () => {
    const server = await startServe({ config });
    await server.addUser('alice', password);
    // The CLI writes its row before it exits, so the row is there at once.
    expect(await audit(server)).toMatchObject([
      { name: 'alice', outcome: 'changed', reason: 'user alice added as writer' },
    ]);
    const bin = join(repository, 'bin', 'dockpass.js');
    const words = ['audit', '--follow', '--json'];
    const following = await start(process.execPath, [bin, ...words], {
      cwd: server.directory,
      env: server.env,
    });
    await following.line(/user alice added/);
    await pull(server, 'seen');
    const [line] = await following.line(/^.*repository:seen:pull.*$/);
    expect(JSON.parse(line)).toMatchObject({ outcome: 'issued', granted: 'repository:seen:pull' });
    expect(await following.stop()).toMatchObject({ status: 0, wasKilled: false });

    const rows = await audit(server, '--since', '1h');
    expect(rows.map(({ outcome }) => outcome)).toEqual(['changed', 'issued']);
    for (const { time } of rows) expect(new Date(time).toISOString()).toBe(time);
    expect(await audit(server, '--since', '0s')).toEqual([]);
    expect(await audit(server, '--user', 'Alice')).toHaveLength(1);
    expect(await server.cli(['audit', '--since', 'yesterday'])).toMatchObject({ status: 2, stdout: '' });
  });

  test('keeps all written rows after kill -9, and continues the hash chain', async () => {
    const server = await startServe({ config });
    await server.must(['group', 'add', 'a']);
    await pull(server, 'before');
    await untilAudited(server, 'repository:before:pull');
    await pull(server, 'lost-perhaps');
    server.process.signal('SIGKILL');
    await server.process.ended;
    const again = await startServe({ config, directory: server.directory });
    await pull(again, 'after');
    const rows = await untilAudited(again, 'repository:after:pull');
    expect(rows.map(({ granted }) => granted)).toContain('repository:before:pull');
    const verified = (await again.must(['audit', '--verify'])).stdout;
    expect(verified).toMatch(/^\d+ [0-9a-f]{64}\n$/);
    const head = JSON.parse((await again.must(['audit', '--verify', '--json'])).stdout) as unknown;
    expect(head).toEqual({
      seq: expect.any(Number) as number,
      hash: expect.stringMatching(/^[0-9a-f]{64}$/) as string,
    });
  });

  test('attack: --json prints no character that a terminal interprets or hides, and programs read the same text', async () => {
    const server = await startServe({ config });
    const scope = '\u009b2J\u202egnp.\u200b\u{e0041}x';
    const url = `${server.url}/auth/token?service=registry&scope=${encodeURIComponent(scope)}`;
    expect((await fetch(url)).status).toBe(400);
    const printed = await until('the row of the denied request', {}, async () => {
      const { stdout } = await server.must(['audit', '--json']);
      return stdout.includes('refused') ? stdout : undefined;
    });
    expect(printed).not.toMatch(/[\p{Cf}\x7f-\x9f]/u);
    expect(printed).toContain('\\u009b2J\\u202egnp.\\u200b\\udb40\\udc41x');
    const [row] = JSON.parse(printed) as { asked: string }[];
    expect(row?.asked).toBe(scope);
  });

  test('attack: a flood while the database takes no writes fills neither disk nor queue, and known users keep their rows', async () => {
    const server = await startServe({ config });
    await server.addUser('alice', password);
    const path = join(server.directory, 'data', 'dockpass.db');
    const login = `http://localhost:${server.port}/auth/token?service=registry&scope=repository:known:pull`;
    const pullAsAlice = () => fetch(login, { headers: { authorization: basic('alice', password) } });
    expect((await pullAsAlice()).status).toBe(200);
    const sizeBefore = (await stat(path)).size;
    const locking = new Database(path);
    locking.exec('begin immediate');
    for (let at = 0; at < 600; at++) {
      const scopes = Array.from({ length: 57 }, (_, of) => `repository:a${at}b${of}${'x'.repeat(200)}:pull`);
      const url = `${server.url}/auth/token?service=registry&${scopes.map((scope) => `scope=${scope}`).join('&')}`;
      expect((await fetch(url, { headers: { 'user-agent': `client ${at}` } })).status).toBe(200);
    }
    expect((await pullAsAlice()).status).toBe(200);
    locking.exec('rollback');
    locking.close();
    const rows = await until('the rows of all requests', {}, async () => {
      const found = (await audit(server)) as (Row & { times: number })[];
      const issued = found.filter(({ outcome }) => outcome === 'issued');
      return issued.reduce((sum, { times }) => sum + times, 0) === 602 ? issued : undefined;
    });
    expect(rows.filter(({ name }) => name === 'alice').reduce((sum, { times }) => sum + times, 0)).toBe(2);
    await server.process.stop();
    expect((await stat(path)).size - sizeBefore).toBeLessThan(1024 * 1024);
  });

  test('can be limited by time, outcome and number, and follows after the newest rows', async () => {
    const server = await startServe({ config });
    for (const name of ['a', 'b', 'c', 'd']) await server.must(['group', 'add', name]);
    await pull(server, 'team/app');
    await untilAudited(server, 'repository:team/app:pull');
    const reasons = async (...words: string[]): Promise<string[]> =>
      (await audit(server, ...words)).map(({ reason }) => reason);
    expect(await reasons('--outcome', 'changed', '--limit', '2')).toEqual(['group c added', 'group d added']);
    expect(await reasons('--outcome', 'issued', '--limit', '5')).toEqual(['public repository']);
    expect(await reasons('--repo', 'team/app', '--limit', '1')).toEqual(['public repository']);
    expect(await reasons('--outcome', 'refused')).toEqual([]);
    const [first, second] = (await audit(server)).map(({ time }) => time) as [string, string];
    expect(await reasons('--until', first)).toEqual(['group a added']);
    expect((await reasons('--since', second)).length).toBe(4);
    const today = first.slice(0, 10);
    expect(await reasons('--until', today, '--since', '2w', '--outcome', 'changed')).toHaveLength(4);
    for (const words of [
      ['--limit', '0'],
      ['--outcome', 'denied'],
      ['--follow', '--until', '1h'],
    ])
      expect(await server.cli(['audit', ...words])).toMatchObject({ status: 2, stdout: '' });

    const bin = join(repository, 'bin', 'dockpass.js');
    const words = ['audit', '--follow', '--limit', '1', '--outcome', 'changed'];
    const following = await start(process.execPath, [bin, ...words], {
      cwd: server.directory,
      env: server.env,
    });
    await following.line(/group d added/);
    await server.must(['group', 'add', 'e']);
    await following.line(/group e added/);
    await following.stop();
    expect(following.output().match(/group \w added/g)).toEqual(['group d added', 'group e added']);
  });

  test('names the person who makes a change: the user, the caller of sudo, and the host', async () => {
    const server = await startServe({ config });
    await server.must(['group', 'add', 'a'], { env: { SUDO_USER: 'alice\u001b[2J' } });
    await server.must(['group', 'add', 'b']);
    const { username } = userInfo();
    const [byAlice, byUser] = await audit(server);
    expect(byAlice?.client).toBe(`cli: ${username} (sudo by alice[2J) on ${hostname()}`);
    expect(byUser?.client).toBe(`cli: ${username} on ${hostname()}`);
    expect((await server.must(['audit'])).stdout).toContain(
      `group b added by ${username} on ${hostname()}\n`,
    );
    await server.must(['audit', '--verify']);
  });

  test('has a row if a server starts with other settings than before, with the old and the new value', async () => {
    const server = await startServe({ config });
    await server.process.stop();
    const same = await startServe({ config, directory: server.directory });
    await same.process.stop();
    expect(await audit(server)).toEqual([]);
    const settings = {
      ...config,
      catalog: 'users',
      policy: [{ deny: ['push'], to: ['everyone'], on: ['**'] }],
    };
    const secret = { DOCKPASS_TOKENS_PULL_LIFETIME: '7m' };
    const changed = await startServe({ config: settings, directory: server.directory, env: secret });
    const row = await until('the row about the changed settings', {}, async () =>
      (await audit(changed)).find(({ reason }) => reason.startsWith('configuration changed')),
    );
    expect(row.reason).toBe(
      'configuration changed since the last start, changed: tokens.pullLifetime (from 5m to 7m), catalog (from own to users), policy (from [] to [{ "deny": ["push"], "to": ["everyone"], "on": ["**"] }])',
    );
    expect(row.client).toBe('dockpass.yml');
  });

  test('--repo shows the requests for a repository, and says if rows do not list all repositories', async () => {
    const server = await startServe({ config });
    await pull(server, 'team/app');
    await untilAudited(server, 'repository:team/app:pull');
    await pull(server, 'other');
    await untilAudited(server, 'repository:other:pull');
    const found = await server.must(['audit', '--repo', 'team/app', '--json']);
    expect(JSON.parse(found.stdout)).toMatchObject([{ granted: 'repository:team/app:pull' }]);
    expect(found.stderr).toBe('');
    expect((await server.must(['audit', '--repo', 'team', '--json'])).stdout).toBe('[]\n');

    const many = Array.from({ length: 50 }, (_, at) => `scope=repository:many${at}${'x'.repeat(50)}:pull`);
    expect((await fetch(`${server.url}/auth/token?service=registry&${many.join('&')}`)).status).toBe(200);
    await until('the row of the request for many repositories', {}, async () =>
      (await server.must(['audit'])).stdout.includes('many0') ? true : undefined,
    );
    const incomplete = await server.must(['audit', '--repo', 'team/app', '--json']);
    expect(JSON.parse(incomplete.stdout)).toHaveLength(1);
    expect(incomplete.stderr).toContain('may be incomplete: 1 other row does not list all repositories');
  });

  test.each([
    ['changed', "update audit_events set reason = 'nothing' where seq = 2", 2],
    ['removed', 'delete from audit_events where seq = 2', 3],
    ['cut off at the end', 'delete from audit_events where seq = 3', 3],
  ])('--verify names a row that was %s, and exits with 1', async (_how, sql, row) => {
    const home = await dockpassHome();
    for (const name of ['a', 'b', 'c']) await home.must(['group', 'add', name]);
    const file = new Database(join(home.directory, 'data', 'dockpass.db'));
    file.exec(sql);
    file.close();
    const broken = await home.cli(['audit', '--verify']);
    expect(broken).toMatchObject({ status: 1, stdout: '' });
    expect(broken.stderr).toMatch(
      new RegExp(`^dockpass: the audit log was changed .*: row ${row} is missing`),
    );
  });
});
