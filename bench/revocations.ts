import { Agent, get } from 'node:http';
import { loadavg } from 'node:os';
import { setTimeout as wait } from 'node:timers/promises';
import { fileURLToPath } from 'node:url';
import pg from 'pg';
import { stopAll } from './child.ts';
import { freePort, makeHome } from './home.ts';
import { startPostgresServer } from './postgres-server.ts';

// node bench/revocations.ts [COUNT]: measures how long after the commit of a revocation all servers reject the token.
// Two servers share a PostgreSQL database and continuously receive requests with an access token. Another connection
// deletes the token and inserts it again. Exits with status 1 if the servers take longer than the target.

const count = Number(process.argv[2] ?? 1000);
/** The target for 99 of 100 revocations, in milliseconds. */
const atMost = 1000;
const bin = fileURLToPath(new URL('../bin/dockpass.js', import.meta.url));
const postgres = await startPostgresServer();
try {
  const database = await postgres.newDatabase();
  const home = await makeHome(bin, [`database: ${database}`]);
  const agent = new Agent({ keepAlive: true });
  const other = await freePort();
  const ports = [Number(new URL(home.origin).port), other];
  const servers = [
    home.start(),
    home.start({
      DOCKPASS_LISTEN: `127.0.0.1:${other}`,
      DOCKPASS_OPERATIONS_LISTEN: `127.0.0.1:${await freePort()}`,
    }),
  ];
  for (const server of servers) await server.line(/token server ready/);
  const statusAt = (port: number): Promise<number> =>
    new Promise((resolve, reject) => {
      const auth = home.target.accessToken ?? '';
      const path = '/auth/token?service=registry&scope=repository:a:pull';
      get({ agent, host: '127.0.0.1', port, path, auth }, (response) => {
        response.resume().once('end', () => resolve(response.statusCode ?? 0));
      }).once('error', reject);
    });
  const until = async (port: number, status: number): Promise<number> => {
    while ((await statusAt(port)) !== status);
    return performance.now();
  };
  const client = new pg.Client(database);
  await client.connect();
  const { rows } = await client.query<Record<string, unknown>>('select * from access_tokens');
  const token = rows[0] ?? {};
  const columns = Object.keys(token);
  const insert = `insert into access_tokens (${columns.join(', ')}) values (${columns.map((_, at) => `$${at + 1}`).join(', ')})`;
  const waits: number[] = [];
  for (let round = 0; round < count; round++) {
    await Promise.all(ports.map((port) => until(port, 200)));
    await client.query('delete from access_tokens');
    const committed = performance.now();
    const refused = await Promise.all(ports.map((port) => until(port, 401)));
    waits.push(Math.max(...refused) - committed);
    await client.query(insert, Object.values(token));
    // A server passes on at most 20 changes a second without a delay (src/store/postgres/notice-limit.ts).
    await wait(150);
  }
  await client.end();
  agent.destroy();
  waits.sort((one, next) => one - next);
  const within = (part: number): number => waits[Math.ceil(waits.length * part) - 1] ?? NaN;
  const at = (part: number): string => `${within(part).toFixed(1)} ms`;
  process.stdout.write(
    `${count} revocations on two servers, PostgreSQL ${postgres.version}, load average ${loadavg()[0]?.toFixed(1)}: half within ${at(0.5)}, 99 of 100 within ${at(0.99)}, all within ${at(1)}\n`,
  );
  if (!(within(0.99) <= atMost)) process.exitCode = 1;
  await stopAll();
  await home.remove();
} finally {
  await stopAll();
  await postgres.stop();
}
