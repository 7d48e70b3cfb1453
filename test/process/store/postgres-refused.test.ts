import { appendFile, readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import pg from 'pg';
import { beforeAll, expect, test } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import { dockpassHome } from '../../support/dockpass/dockpass.ts';
import { needs } from '../../support/run/parts.ts';
import {
  asPostgresOwns,
  askPostgres,
  startPostgres,
  type PostgresCluster,
} from '../../support/database/postgres.ts';
import { startTcpProxy } from '../../support/network/tcp-proxy.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { testAuthority, type TestAuthority } from '../../support/tls/tls.ts';
import { refusalOf } from '../../support/database/refusal.ts';

// If a database cannot be used, the start fails with one line that says why, and creates nothing.

needs('postgres', 'openssl')('a database that dockpass cannot run on', () => {
  let cluster: PostgresCluster;
  let authority: TestAuthority;
  let strangers: TestAuthority;
  const password = 'p@ss/w:rd?';
  beforeAll(async () => {
    authority = await testAuthority();
    strangers = await testAuthority();
    const server = await authority.issue(['localhost', '127.0.0.1']);
    cluster = await startPostgres({
      fsync: 'off',
      ssl: 'on',
      ssl_cert_file: await asPostgresOwns(server.certificateFile),
      ssl_key_file: await asPostgresOwns(server.keyFile),
    });
    await askPostgres(cluster, `create role keeper login password '${password}'`);
    await askPostgres(cluster, 'create role guest login');
    await askPostgres(cluster, 'create role locked nologin');
    await allowWith('walled', 'reject');
    await allowWith('keeper', 'scram-sha-256');
  });

  /** Makes the server use a login method for a role, before all rules that it has already. */
  const allowWith = async (role: string, method: string): Promise<void> => {
    const file = join(cluster.directory, 'pg_hba.conf');
    await writeFile(file, `host all ${role} 127.0.0.1/32 ${method}\n${await readFile(file, 'utf8')}`);
    await askPostgres(cluster, 'select pg_reload_conf()');
  };

  const refusal = (url: string): Promise<string> => refusalOf(openStore(url));
  const at = (url: string, change: (wrong: URL) => void): string => {
    const wrong = new URL(url);
    change(wrong);
    return wrong.href;
  };
  const tablesIn = async (url: string): Promise<unknown[]> => {
    const admin = new pg.Client(url);
    await admin.connect();
    const { rows } = await admin.query(
      "select relname from pg_class where relkind in ('r', 'S') and relnamespace = 'public'::regnamespace",
    );
    await admin.end();
    return rows;
  };

  test.each([
    ['the port', (wrong: URL) => (wrong.port = '1'), /nothing listens on 127\.0\.0\.1:1\. Start PostgreSQL/],
    ['the host', (wrong: URL) => (wrong.hostname = 'nowhere.invalid'), /host nowhere\.invalid/],
    [
      'the database',
      (wrong: URL) => (wrong.pathname = '/missing'),
      /no database missing\. Run createdb missing/,
    ],
    ['the role', (wrong: URL) => (wrong.username = 'mallory'), /role mallory/],
    [
      'a role that is not allowed to log in',
      (wrong: URL) => (wrong.username = 'locked'),
      /role locked does not exist or is not allowed to log in/,
    ],
    [
      'the name of sslmode',
      (wrong: URL) => (wrong.search = '?sslmod=require'),
      /no parameter "sslmod"\. Use one of: sslmode,/,
    ],
    [
      'sslmode that is a name every object has',
      (wrong: URL) => (wrong.search = '?sslmode=constructor'),
      /sslmode cannot be "constructor"\. Use one of: disable,/,
    ],
    [
      'sslmode',
      (wrong: URL) => (wrong.search = '?sslmode=yes'),
      /sslmode cannot be "yes"\. Use one of: disable,/,
    ],
    [
      'sslrootcert',
      (wrong: URL) => (wrong.search = '?sslrootcert=/no/ca.pem'),
      /sslrootcert cannot be read.*\/no\/ca\.pem/,
    ],
    ['target_session_attrs', (wrong: URL) => (wrong.search = '?target_session_attrs=standby'), /read-write/],
  ])('%s', async (_part, change, message) => {
    const url = await cluster.newDatabase();
    expect(await refusal(at(url, change))).toMatch(message);
    expect(await tablesIn(url)).toEqual([]);
  });

  test.each([
    ['postgres://u@h:54x2/d', /"54x2" is not a port/],
    ['postgres://u@h:99999/d', /"99999" is not a port/],
    ['postgres://u:canary%@h/d', /the password contains invalid percent-encoding/],
    ['postgres://u:p@canary@h/d', /write @ as %40/],
    ['postgres://u:1/canary@h/d', /write @ as %40/],
    ['postgres://u:1?canary@h/d', /write @ as %40/],
    ['postgres:u@h/d', /must look like postgres:\/\/USER@HOST:PORT\/DATABASE$/],
    ['postgres://u@h one/d', /host/],
  ])('%s', async (url, message) => {
    const reason = await refusal(url);
    expect(reason).toMatch(message);
    expect(reason).not.toContain('canary');
  });

  test('a wrong password is not shown; the right one can come from a file', async () => {
    const url = await cluster.newDatabase();
    await askPostgres(cluster, `alter database ${new URL(url).pathname.slice(1)} owner to keeper`);
    const keeper = at(url, (wrong) => (wrong.username = 'keeper'));
    const reason = await refusal(keeper.replace('keeper@', 'keeper:canary-wrong@'));
    expect(reason).toMatch(/password of the role keeper is wrong/);
    expect(reason).not.toContain('canary');
    const file = join(await temporaryDirectory('secret'), 'password');
    await writeFile(file, `${password}\n`);
    const env = { DOCKPASS_DATABASE: keeper, DOCKPASS_DATABASE_PASSWORD_FILE: file };
    const home = await dockpassHome({ env });
    await home.must(['init', '--out', 'setup']);
    expect((await home.must(['user', 'list', '--json'])).stdout.trim()).toBe('[]');
    expect((await home.must(['check', '--show'])).stdout).not.toContain(password);
    await appendFile(file, 'x');
    expect((await home.cli(['user', 'list'])).stderr).toMatch(
      /^dockpass: PostgreSQL: the password of the role keeper is wrong\. Correct databasePassword or "database"\.$/m,
    );
  });

  test.each(['scram-sha-256', 'md5', 'password'])(
    'a password that is missing although the server requires one (%s)',
    async (method) => {
      const role = `silent_${method.replaceAll('-', '_')}`;
      const encryption = method === 'md5' ? 'md5' : 'scram-sha-256';
      await askPostgres(
        cluster,
        `set password_encryption = '${encryption}'; create role ${role} login password 'canary-right'`,
      );
      await allowWith(role, method);
      const url = at(await cluster.newDatabase(), (wrong) => (wrong.username = role));
      const home = await dockpassHome({ env: { DOCKPASS_DATABASE: url } });
      const ran = await home.cli(['user', 'list']);
      expect(ran).toMatchObject({ status: 1, stdout: '' });
      expect(ran.stderr).toMatch(
        `dockpass: PostgreSQL: the server requires a password for the role ${role}. dockpass has no password`,
      );
      expect(ran.stderr).toContain('set DOCKPASS_DATABASE_PASSWORD_FILE');
      expect(ran.stderr.trim().split('\n')).toHaveLength(1);
      const wrong = await home.cli(['user', 'list'], { env: { PGPASSWORD: 'canary-wrong' } });
      expect(wrong.stderr).toContain(`the password of the role ${role} is wrong`);
      expect(wrong.stderr).not.toContain('canary');
    },
  );

  test('a message names the role of the environment if the URL names none', async () => {
    const url = new URL(await cluster.newDatabase());
    url.username = '';
    const home = await dockpassHome({ env: { DOCKPASS_DATABASE: url.href, PGUSER: 'nobody_here' } });
    expect((await home.cli(['user', 'list'])).stderr).toContain('the role nobody_here does not exist');
  });

  test('with a role without rights or a database of another program, nothing is created', async () => {
    const url = await cluster.newDatabase();
    const guest = at(url, (wrong) => (wrong.username = 'guest'));
    expect(await refusal(guest)).toMatch(/guest has no permission to create tables/);
    expect(await tablesIn(url)).toEqual([]);
    const admin = new pg.Client(url);
    await admin.connect();
    await admin.query('create table invoices (id int)');
    await admin.end();
    expect(await refusal(url)).toMatch(/has tables of another program/);
    expect(await refusal(guest)).toMatch(/has tables of another program/);
    expect(await tablesIn(url)).toEqual([{ relname: 'invoices' }]);
  });

  test('a newer schema is rejected, unless it says that this version works with it', async () => {
    const url = await cluster.newDatabase();
    await (await openStore(url)).close();
    const admin = new pg.Client(url);
    await admin.connect();
    await admin.query("insert into migrations values (9999, 'from the future')");
    expect(await refusal(url)).toMatch(/schema version 9999.*Run the newer version/);
    await admin.query('insert into schema_compatibility values (9999, 9998)');
    expect(await refusal(url)).toMatch(/Run the newer version/);
    await admin.query('update schema_compatibility set works_with = 8 where number = 9999');
    await admin.end();
    await (await openStore(url)).close();
  });

  test('a server that is too old is rejected', async () => {
    const url = await cluster.newDatabase();
    const version = String(
      (await askPostgres(cluster, 'show server_version_num'))[0]?.['server_version_num'],
    );
    // A proxy changes the version that the real server reports to 13.
    const aged = await startTcpProxy(cluster.port, (chunk) =>
      Buffer.from(chunk.toString('latin1').replaceAll(version, '130009'), 'latin1'),
    );
    expect(await refusal(at(url, (old) => (old.port = String(aged.port))))).toBe(
      'the server is PostgreSQL 13, but dockpass needs 14 or newer. Upgrade the server.',
    );
    expect(await tablesIn(url)).toEqual([]);
  });

  test('TLS verifies the certificate with the configured CA and for the configured host', async () => {
    const url = await cluster.newDatabase();
    const withTls = (search: string, host = 'localhost'): string =>
      at(url, (secure) => {
        secure.search = search;
        secure.hostname = host;
      });
    const store = await openStore(withTls(`?sslmode=verify-full&sslrootcert=${authority.certificateFile}`));
    const name = new URL(url).pathname.slice(1);
    const sessions = await askPostgres(
      cluster,
      `select distinct ssl from pg_stat_ssl join pg_stat_activity using (pid) where datname = '${name}'`,
    );
    await store.close();
    expect(sessions).toEqual([{ ssl: true }]);
    expect(await refusal(withTls(`?sslrootcert=${strangers.certificateFile}`))).toMatch(
      /issued by an unknown certificate authority\. Write/,
    );
    expect(await refusal(withTls('?sslmode=require'))).toMatch(/issued by an unknown certificate authority/);
    expect(
      await refusal(withTls(`?sslrootcert=${authority.certificateFile}`, 'localhost.localdomain.invalid')),
    ).toMatch(/host/);
    await (await openStore(withTls('?sslmode=no-verify'))).close();
  });
});
