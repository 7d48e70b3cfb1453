import { beforeAll, expect, test } from 'vitest';
import { dockpassHome, startServe, type DockpassHome } from '../../support/dockpass/dockpass.ts';
import { askPostgres, startPostgres, type PostgresCluster } from '../../support/database/postgres.ts';
import { until } from '../../support/process/ready.ts';
import { needs } from '../../support/run/parts.ts';

needs('postgres')('commands and the servers that share a PostgreSQL database', () => {
  let cluster: PostgresCluster;
  let database: string;
  /** An installation on another machine: the same database, and no settings of the servers. */
  let elsewhere: DockpassHome;
  beforeAll(async () => {
    cluster = await startPostgres({ fsync: 'off' });
    database = await cluster.newDatabase();
    elsewhere = await dockpassHome({ env: { DOCKPASS_DATABASE: database } });
  }, 60_000);

  const start = (publicDomain: string) =>
    startServe({
      env: {
        DOCKPASS_DATABASE: database,
        DOCKPASS_KEYS_SECRET: 'the secret that all servers of this test share',
        DOCKPASS_PUBLIC_DOMAINS: publicDomain,
      },
    });
  const explain = () => elsewhere.must(['explain', '--host', 'pub.example.com', 'repository:a:pull']);
  const announced = async (): Promise<number> => {
    const rows = await askPostgres(
      cluster,
      `select 1 from pg_stat_activity where datname = '${new URL(database).pathname.slice(1)}' and application_name like 'dockpass %'`,
    );
    return rows.length;
  };

  test('commands use the settings of a server as long as it runs, and name servers with other settings', async () => {
    const one = await start('pub.example.com');
    expect((await explain()).stdout).toMatch(/^realm {3}public/);

    const two = await start('other.example.com');
    const both = await explain();
    expect(both.stderr).toMatch(
      new RegExp(
        `^using the settings of the running server \\(.* process ${two.process.pid} .*\\)\\nwarning: these servers use other settings with the same database: dockpass serve, process ${one.process.pid} `,
      ),
    );

    await two.process.stop();
    const first = await explain();
    expect(first.stdout).toMatch(/^realm {3}public/);
    expect(first.stderr).not.toContain('warning');

    // A killed server cannot remove its row. Its connections end with its process.
    one.process.signal('SIGKILL');
    await one.process.ended;
    await until('the end of the connections', {}, async () => ((await announced()) === 0 ? true : undefined));
    expect((await explain()).stderr).toMatch(/^no running server; using environment variables/);
  });

  test('a command does not create the tables in an empty database', async () => {
    const empty = await cluster.newDatabase();
    const home = await dockpassHome({ database: false, env: { DOCKPASS_DATABASE: empty } });
    const ran = await home.cli(['user', 'list']);
    expect(ran).toMatchObject({ status: 1, stdout: '' });
    expect(ran.stderr).toMatch(/^dockpass: there is no database at postgres:\/\//);
    await home.must(['init']);
    expect((await home.must(['user', 'add', 'alice', '--generate'])).stderr).toContain(
      '\nDatabase: postgres://',
    );
  });
});
