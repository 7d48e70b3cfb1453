import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { startBothWays, type BothWays } from '../../../support/remote/both-ways.ts';
import { temporaryDirectory } from '../../../support/run/temp.ts';

let ways: BothWays;
beforeAll(async () => {
  const htpasswd = join(await temporaryDirectory('htpasswd'), 'htpasswd');
  await writeFile(htpasswd, `olga:$2y$05$${'a'.repeat(53)}\n`, { mode: 0o600 });
  ways = await startBothWays({
    htpasswd,
    policy: [{ to: ['group:dev'], on: ['team/**'], allow: ['pull'] }],
    up: { privateDomains: ['registry.example.com'] },
    trust: [{ name: 'in-file', issuer: 'github', when: { repository_id: '1' }, only: ['base/**:pull'] }],
  });
});

const password = 'correct horse battery';

/** Runs commands in this order on a database and through the API, and expects the same outcomes. */
async function expectSame(lines: readonly (string | readonly [string, string])[]): Promise<void> {
  for (const line of lines) {
    const [text, input] = typeof line === 'string' ? [line, undefined] : line;
    const { local, remote } = await ways.run(wordsOf(text), input);
    expect.soft({ line: text, ...remote }).toEqual({ line: text, ...local });
  }
}

/** Splits a command line at its spaces. Text in quotation marks is one word. */
function wordsOf(line: string): string[] {
  return [...line.matchAll(/"([^"]*)"|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '');
}

describe('the database and the API give the same outcome', () => {
  test('for usage', () =>
    expectSame([
      'usage',
      'usage --json',
      'usage team/app:1.0 --by alice --since 30d --json',
      'usage registry.example.com/app:1.0:2',
      'usage team/app --since soon',
      'usage team/app --events',
      'usage team/app:1.0 --by alice --since 30d --events --json',
      'usage --events',
    ]));

  test('for retention', () =>
    expectSame([
      'retention apply unknown',
      'retention apply unknown --yes',
      'retention apply',
      'retention plan extra',
    ]));

  test('for users', () =>
    expectSame([
      ['user add Alice --password-stdin', password],
      ['user add alice --password-stdin', password],
      'user add bob --role reader --generate',
      'user add nina --role none --generate',
      ['user add "bad name" --password-stdin', password],
      ['user add shorty --password-stdin', 'short'],
      'user add carol --generate --password-stdin',
      'user add carol',
      'user add carol --role emperor',
      'user list',
      'user list --json',
      'user show alice',
      'user show ALICE --json',
      'user show missing',
      'user show nina',
      'user role bob writer',
      'user role missing writer',
      ['user passwd alice --password-stdin', `${password} 2`],
      ['user passwd alice --password-stdin', 'short'],
      ['user passwd Missing --password-stdin', password],
      'user passwd bob --generate',
      'user disable bob',
      'user disable missing',
      'user list',
      'user enable bob',
      'user enable missing',
      'user disable olga',
      'user list',
      'user show olga',
      'user enable Olga',
      'user remove olga',
      'robot create olga --only "**:pull"',
      'user unlock alice',
      'user unlock Missing',
      'user remove bob --dry-run',
      'user remove bob',
      'user remove bob',
      'user remove bob --dry-run',
    ]));

  test('for groups and grants', () =>
    expectSame([
      ['user add gina --password-stdin', password],
      ['user add hugo --password-stdin', password],
      'group list',
      'group add dev',
      'group add Dev',
      'group add "a b"',
      'group join dev gina',
      'group join DEV Gina',
      'group join dev missing',
      'group join nowhere gina',
      'group list',
      'group list --json',
      'grant add gina "team/**" pull,push',
      'grant add group:dev "base/*" pull',
      'grant add hugo "x/*" pull --json',
      'grant add hugo "TEAM" pull',
      'grant add hugo "team/**" fly',
      'grant add missing "team/**" pull',
      'grant add group:nowhere "team/**" pull',
      'grant list',
      'grant list gina --json',
      'grant list group:dev',
      'grant list hugo',
      'grant list missing',
      'user role gina reader',
      'user show gina',
      'grant who team/app',
      'grant who team/app push --json',
      'grant who team/app pull --from 10.0.0.1',
      'grant who "not a name"',
      'grant who team/app --from nowhere',
      'grant remove gina "nothing/*"',
      'grant remove missing "nothing/*"',
      'grant remove gina "team/**" --dry-run',
      'grant remove gina "none/**" --dry-run',
      'grant remove gina "team/**"',
      'grant remove group:dev "base/*" --yes',
      'group leave dev gina --dry-run',
      'group leave dev hugo --dry-run',
      'group leave dev missing --dry-run',
      'group leave nowhere gina',
      'group leave dev missing',
      'group leave dev hugo',
      'group leave dev gina --yes',
      'group remove dev --dry-run',
      'group remove dev',
      'group remove dev',
    ]));

  test('for access tokens', () =>
    expectSame([
      ['user add tom --password-stdin', password],
      'token list --user tom',
      'token create laptop --user tom',
      'token create laptop --user tom',
      'token create ci --user tom --only "team/**:pull" --only "base/*:pull,push" --expires 30d --description "builds" --owner "team web"',
      'token create forever --user tom --expires never --api',
      'token create "a b" --user tom',
      'token create x --user missing',
      'token create x --user tom --expires soon',
      'token create x --user tom --only "team/**"',
      'token list --user tom',
      'token list --user tom --json',
      'token list --json',
      'token list --user missing',
      'token revoke laptop --user tom --dry-run',
      'token revoke laptop --user tom',
      'token revoke laptop --user tom',
      'token revoke laptop --user missing',
    ]));

  test('for robots', () =>
    expectSame([
      'robot list',
      'robot create ci --only "team/**:pull,push"',
      'robot create ci --only "team/**:pull"',
      'robot create boss --only "team/**:pull"',
      'robot create 1x --only "team/**:pull"',
      'robot create soon --only "team/**:pull" --expires 5d --description "nightly" --owner "team web" --api',
      'robot list',
      'robot list --json',
      'robot show ci',
      'robot show SOON --json',
      'robot show missing',
      'robot set ci --owner "team app" --only "base/*:pull"',
      'robot set ci',
      'robot set missing --owner x',
      'robot rotate ci',
      'robot rotate ci --overlap 0s --expires 30d --json',
      'robot rotate ci --dry-run',
      'robot rotate missing',
      'robot rotate',
      'robot disable ci',
      'robot rotate ci',
      'robot enable ci',
      'robot disable missing',
      'robot rotate --all --dry-run',
      'robot rotate --all --expiring 10d --expires 365d',
      'robot rotate --all --json',
      'robot remove ci --dry-run',
      'robot remove ci',
      'robot remove ci',
      'robot remove soon',
      'robot rotate --all',
    ]));

  test('for sessions', () =>
    expectSame([
      'session list',
      'session list --json',
      'session list missing',
      'session revoke 12345678',
      'session revoke 12345678 --dry-run',
      'session revoke --user boss',
      'session revoke --user missing',
      'session revoke --all',
      'session revoke',
    ]));

  const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2NpLmV4YW1wbGUuY29tIn0.c2ln';

  test('for trust rules', () =>
    expectSame([
      'trust list',
      'trust add github acme/app --branch main --only "acme/app/**:pull,push"',
      'trust add github acme/app --only "acme/app/**:pull,push"',
      'trust add gitlab acme/web --environment prod --only "acme/web/**:pull" --session 30m --audience a --json',
      'trust add jenkins --issuer https://ci.example.com --jwks https://ci.example.com/keys --when sub=job --only "x/**:pull"',
      'trust add wide --issuer github --only "x/**:pull"',
      'trust add file --issuer https://ci.example.com --jwks keys.json --only "x/**:pull"',
      'trust add "a b" --issuer https://ci.example.com --only "x/**:pull"',
      'trust add odd --issuer https://ci.example.com --only "X:pull"',
      'trust list',
      'trust list --json',
      'trust confirm acme-app',
      'trust confirm jenkins',
      ['trust test -', jwt],
      ['trust test - --json --host registry.example.com', `${jwt}\n`],
      ['trust test - --host "not a host"', jwt],
      ['trust test -', 'no JWT'],
      ['explain --jwt - --host registry.example.com repository:acme/app:pull', jwt],
      ['explain --jwt - --user boss --host registry.example.com repository:acme/app:pull', jwt],
      'trust remove acme-app --dry-run',
      'trust remove acme-app',
      'trust remove acme-app',
      'trust remove in-file',
    ]));

  test('for explanations and the audit log', () =>
    expectSame([
      'explain --host registry.example.com --user boss repository:team/app:pull,push',
      'explain --host registry.example.com repository:team/app:pull --json',
      'explain --host registry.example.com --user missing repository:team/app:pull',
      'explain --host registry.example.com --user boss --token remote repository:team/app:*',
      'explain --host "not a host" repository:team/app:pull',
      'explain repository:team/app:pull',
      'explain --host registry.example.com --from nowhere repository:team/app:pull',
      'explain 000000000000',
      'audit --user missing',
      'audit --user missing --json',
      'audit --since yesterday',
      'audit --limit 0',
      'audit --follow --until 1h',
    ]));
});

test('a secret stands alone on stdout, also through the API', async () => {
  const { remote } = await ways.run(['robot', 'create', 'alone', '--only', '**:pull']);
  expect(remote.stdout).toBe('SECRET\n');
});

test('the audit log shows all changes, and that they came through the API', async () => {
  const { remote } = await ways.run(['audit', '--outcome', 'changed', '--json']);
  const events = JSON.parse(remote.stdout) as { reason: string; client: string }[];
  expect(events.find(({ reason }) => reason.startsWith('user alice added'))).toMatchObject({
    client: 'api: boss',
  });
  const newest = await ways.run(['audit', '--outcome', 'changed', '--limit', '2', '--json']);
  expect(JSON.parse(newest.remote.stdout)).toEqual(events.slice(-2));
});
