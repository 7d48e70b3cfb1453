import { expect, test } from 'vitest';
import { startServe, type DockpassServer } from '../../support/dockpass/dockpass.ts';
import { needs } from '../../support/run/parts.ts';
import { startPostgres } from '../../support/database/postgres.ts';
import { basic } from '../../support/network/raw-http.ts';
import { until } from '../../support/process/ready.ts';

// Two token servers share one PostgreSQL database, which also stores their keys. Each of them applies the changes that
// were made through the other.

const password = 'correct horse battery staple';

async function login(server: DockpassServer): Promise<number> {
  const url = `http://localhost:${server.port}/auth/token?service=registry&scope=repository:a:pull,push`;
  return (await fetch(url, { headers: { authorization: basic('alice', password) } })).status;
}

async function anonymous(server: DockpassServer): Promise<number> {
  return (await fetch(`http://127.0.0.1:${server.port}/auth/token?service=registry&scope=repository:a:pull`))
    .status;
}

async function keySet(server: DockpassServer): Promise<unknown> {
  return (await fetch(`${server.url}/auth/jwks`)).json();
}

needs('postgres')('two token servers on one PostgreSQL', () => {
  test('share users, changes and the audit log, and serve anonymous clients without the database', async () => {
    const cluster = await startPostgres();
    const config = {
      publicDomains: ['127.0.0.1'],
      database: await cluster.newDatabase(),
      databaseStaleness: '1s',
      keys: { secret: 'a secret of more than thirty-two characters' },
    };
    const [one, other] = [await startServe({ config }), await startServe({ config })];
    await one.addUser('alice', password);
    expect([await login(one), await login(other)]).toEqual([200, 200]);

    await one.must(['user', 'disable', 'alice']);
    await until('the other server to reject alice', { timeout: 1000 }, async () =>
      (await login(other)) === 401 ? true : undefined,
    );
    await other.must(['user', 'enable', 'alice']);
    await until('both servers to accept alice', {}, async () =>
      (await login(one)) === 200 && (await login(other)) === 200 ? true : undefined,
    );
    expect((await one.must(['audit', '--verify'])).status).toBe(0);

    const published = await keySet(one);
    expect(await keySet(other)).toEqual(published);
    await cluster.stop();
    expect(await anonymous(one)).toBe(200);
    // Cached logins are valid for at most one second (databaseStaleness). Then no one can log in without the database.
    await until('logins to be answered with 503', {}, async () =>
      (await login(one)) === 503 ? true : undefined,
    );
    expect(await anonymous(other)).toBe(200);
    // The keys cannot be read from the database now, so the server publishes the last ones that it read.
    expect(await keySet(other)).toEqual(published);
  });
});
