import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { recordCandidate } from '../../../src/admin/trust/candidate.ts';
import type { TrustRuleView } from '../../../src/admin/views/trust-view.ts';
import { systemClock } from '../../../src/clock.ts';
import { openStore } from '../../../src/store/open-store.ts';
import { dockpassBin, dockpassHome, type DockpassHome } from '../../support/dockpass/dockpass.ts';
import { typeAtTerminal } from '../../support/process/terminal.ts';
import { startTrustIssuer } from '../../support/trust/issuer.ts';

// `dockpass trust` on a real database. test/http/trust/ logs in with JWTs, and test/process/cli/remote/ uses the API.

const config = {
  up: { privateDomains: ['registry.example.com', 'second.example.com'] },
  trust: [{ name: 'in-file', issuer: 'github', when: { repository_id: '1' }, only: ['base/**:pull'] }],
};
let home: DockpassHome;
beforeAll(async () => {
  home = await dockpassHome({ config });
});

const list = async (): Promise<TrustRuleView[]> =>
  JSON.parse((await home.must(['trust', 'list', '--json'])).stdout) as TrustRuleView[];

/** Does what a login with a JWT does to a waiting rule. */
async function seeJwt(rule: string, claims: Readonly<Record<string, unknown>>): Promise<void> {
  const store = await openStore(join(home.directory, 'data', 'dockpass.db'));
  await recordCandidate(store, systemClock, rule, claims, '192.0.2.1');
  await store.close();
}

describe('dockpass trust', () => {
  test('adds a rule that waits, lists its first JWT, confirms its ids and removes it', async () => {
    const only = 'acme/app/**:pull,push';
    const added = await home.cli(['trust', 'add', 'github', 'Acme/App', '--branch', 'main', '--only', only]);
    expect(added).toMatchObject({ status: 0, stdout: '' });
    expect(added.stderr).toContain('acme-app is added and waits. Run the job once');
    const again = await home.cli(['trust', 'create', 'github', 'Acme/App', '--only', only]);
    expect(again.status).toBe(1);
    expect(again.stderr).toContain('there is a trust rule acme-app already');
    expect((await home.cli(['trust', 'confirm', 'acme-app'])).stderr).toContain('run the job once');
    const early = await home.cli(['trust', 'confirm', 'acme-app', '--dry-run']);
    expect([early.status, early.stderr]).toEqual([1, expect.stringContaining('has nothing to confirm now')]);

    const ids = { repository_id: '260064828', repository_owner_id: '65' };
    await seeJwt('acme-app', { repository: 'Acme/App', ref: 'refs/heads/main', actor: 'alice', ...ids });
    const listed = await home.must(['trust', 'list']);
    expect(listed.stdout).toMatch(
      /^acme-app +database +github +repository=Acme\/App, ref=refs\/heads\/main/m,
    );
    expect(listed.stderr).toMatch(
      /acme-app waits for a confirmation\. A JWT came at \S+ from 192\.0\.2\.1 with repository_id=260064828, repository_owner_id=65/,
    );
    expect(listed.stderr).toContain('actor=alice');
    expect(listed.stderr).toContain('dockpass trust confirm acme-app');

    const dry = await home.cli(['trust', 'confirm', 'acme-app', '--dry-run']);
    expect(dry).toMatchObject({ status: 0 });
    expect(dry.stderr).toContain('repository_id 260064828, repository_owner_id 65');
    expect((await list())[1]).toMatchObject({ isPending: true });
    const confirmed = await home.must(['trust', 'confirm', 'ACME-APP']);
    expect(confirmed.stderr).toContain('repository_id=260064828');
    expect(await list()).toMatchObject([
      { name: 'in-file', origin: 'file' },
      { name: 'acme-app', origin: 'database', isPending: false, when: { repository_id: ['260064828'] } },
    ]);

    expect((await home.cli(['trust', 'remove', 'acme-app', '--dry-run'])).status).toBe(0);
    expect((await home.must(['trust', 'delete', 'acme-app'])).stderr).toContain('acme-app is removed');
    expect((await list()).map(({ name }) => name)).toEqual(['in-file']);
  });

  test('adds a rule for another issuer, which counts at once', async () => {
    const issuer = 'https://jenkins.example.com/oidc';
    const when = ['--when', 'sub=https://jenkins.example.com/job/app/', '--session', '0s'];
    const line = [
      'trust',
      'add',
      'jenkins',
      '--issuer',
      issuer,
      ...when,
      '--only',
      '${branch}/**:pull',
      '--json',
    ];
    const { stdout } = await home.must(line);
    expect(JSON.parse(stdout)).toMatchObject({
      ...{ name: 'jenkins', issuer, session: '0s', isPending: false, only: ['${branch}/**:pull'] },
      audience: expect.arrayContaining(['registry.example.com', 'second.example.com']) as unknown,
    });
    await home.must(['trust', 'remove', 'jenkins', '--yes']);
  });

  test('says what is wrong and what to do', async () => {
    const fail = async (status: number, line: string, message: string): Promise<void> => {
      const ran = await home.cli(['trust', ...line.split(' ')]);
      expect([line, ran.status, ran.stderr]).toEqual([line, status, expect.stringContaining(message)]);
    };
    await fail(2, 'add github --only a/**:pull', 'the project is missing');
    await fail(2, 'add github acme/app', '--only');
    await fail(2, 'add x --issuer https://gitlab.com --only a/**:pull', 'project_id');
    await fail(1, 'add github acme/app --name in-file --only a/**:pull', 'in the configuration file already');
    await fail(1, 'remove in-file', 'in the configuration file, which dockpass never changes');
    await fail(1, 'confirm missing', 'there is no trust rule "missing"');
    await fail(2, 'test missing.jwt', 'cannot read missing.jwt');
  });

  test('a JWT in the arguments is rejected and not repeated', async () => {
    const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJ4In0.c2ln';
    const ran = await home.cli(['trust', 'test', jwt]);
    expect(ran).toMatchObject({ status: 2 });
    expect(ran.stderr).toContain('write the JWT to a file');
    expect(ran.stdout + ran.stderr).not.toContain(jwt);
  });

  test('explains a JWT that no rule knows, with its claims', async () => {
    const jwt = 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2NpLmV4YW1wbGUuY29tIn0.c2ln';
    const file = join(home.directory, 'job.jwt');
    await writeFile(file, `${jwt}\r\n`);
    const ran = await home.cli(['trust', 'test', file]);
    expect(ran.status).toBe(1);
    expect(ran.stdout).toMatch(/^verdict {2}denied: /);
    expect(ran.stdout).toContain('host     registry.example.com: private domain');
    expect(ran.stdout).toContain('host     second.example.com: private domain');
    expect(ran.stdout).toContain('not verified');
    expect(ran.stdout).toContain('claim    iss: "https://ci.example.com"');
    const json = await home.cli(['trust', 'test', '-', '--json', '--host', 'pub.example.com'], {
      input: jwt,
    });
    expect(json.status).toBe(1);
    expect(JSON.parse(json.stdout)).toMatchObject({
      ...{ verdict: 'denied', rule: null, problem: 'unknown issuer', isVerified: false },
      hosts: [{ host: 'pub.example.com', realm: 'private' }],
    });
    const host = ['--host', 'registry.example.com'];
    const explained = await home.cli(['explain', '--jwt', file, ...host, 'repository:acme/app:pull']);
    expect(explained.stdout).toMatch(/^who {5}ci, no login: /m);
    expect(explained.stdout).toMatch(/^error {3}jwt_rejected/m);
  });
});

test('verifies a JWT with the keys of its issuer, and says what would match after it has expired', async () => {
  const platform = await startTrustIssuer();
  const rule = {
    ...{ name: 'app', issuer: platform.issuer, when: { ref: 'main' } },
    only: ['app/**:pull,push'],
  };
  const { cli } = await dockpassHome({ config: { ...config, trust: [rule] } });
  const env = { NODE_EXTRA_CA_CERTS: platform.authorityFile };
  const accepted = await cli(['trust', 'test', '-'], {
    env,
    input: `${await platform.sign({ ref: 'main' })}\n`,
  });
  expect(accepted).toMatchObject({ status: 0 });
  expect(accepted.stdout).toMatch(/^verdict {2}accepted as ci:app$/m);
  expect(accepted.stdout).toMatch(/^rights {3}app\/\*\*:pull,push$/m);
  const input = await platform.sign({ ref: 'main', iat: 1_700_000_000, exp: 1_700_000_300 });
  const expired = await cli(['trust', 'test', '-', '--json'], { env, input });
  expect(expired).toMatchObject({ status: 1 });
  expect(JSON.parse(expired.stdout)).toMatchObject({
    ...{ verdict: 'denied', problem: 'expired', rule: 'app', isVerified: true },
    claims: { ref: 'main' },
  });
  const words = ['--host', 'registry.example.com', 'repository:app/web:pull,push,delete'];
  const explained = await cli(['explain', '--jwt', '-', ...words], {
    env,
    input: await platform.sign({ ref: 'main' }),
  });
  expect(explained.stdout).toMatch(/^who {5}ci:app, by JWT$/m);
  expect(explained.stdout).toContain('repository:app/web:pull,push,delete: pull, push');
});

test('asks at a terminal before it removes a rule', async () => {
  await home.must(['trust', 'add', 'github', 'acme/asked', '--only', 'a/**:pull']);
  const command = `cd ${home.directory}; ${process.execPath} ${dockpassBin} trust remove acme-asked || echo "status $?"`;
  const remove = (answer: string): Promise<string> =>
    typeAtTerminal(command, [[/Remove the trust rule acme-asked\? \[y\/N\]/, `${answer}\r`]], {
      env: home.env,
    });
  expect(await remove('n')).toContain('status 1');
  expect((await list()).map(({ name }) => name)).toContain('acme-asked');
  await remove('y');
  expect((await list()).map(({ name }) => name)).not.toContain('acme-asked');
  const audit = await home.must(['audit', '--user', 'ci:acme-asked', '--json']);
  expect(JSON.parse(audit.stdout)).toMatchObject([
    { reason: expect.stringContaining('trust rule acme-asked added') as unknown },
    { reason: 'trust rule acme-asked removed' },
  ]);
});

test('check names a rule that is in the file and in the database, and the server does not start', async () => {
  const other = await dockpassHome({ config });
  const clash = { ...config, trust: [{ ...config.trust[0], name: 'acme-app' }] };
  await other.must(['trust', 'add', 'github', 'acme/app', '--only', 'a/**:pull']);
  await writeFile(join(other.directory, 'dockpass.yml'), JSON.stringify(clash));
  for (const command of ['check', 'serve']) {
    const ran = await other.cli([command]);
    expect([command, ran.status]).toEqual([command, 1]);
    expect(ran.stderr).toContain('acme-app is in the configuration file and in the database');
    expect(ran.stderr).toContain('dockpass trust remove acme-app');
  }
  await other.must(['trust', 'remove', 'acme-app']);
  await other.must(['check']);
});
