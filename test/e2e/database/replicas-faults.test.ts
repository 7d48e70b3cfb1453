import { beforeAll, expect, test } from 'vitest';
import type { DockpassServer } from '../../support/dockpass/dockpass.ts';
import { needs, part } from '../../support/run/parts.ts';
import { startPostgres } from '../../support/database/postgres.ts';
import { start } from '../../support/process/process.ts';
import { until } from '../../support/process/ready.ts';
import { balance, startServerGroup, type ServerGroup } from '../../support/dockpass/server-group.ts';
import { password, tokenAsker, type Asked } from '../../support/dockpass/token-requests.ts';

// Faults and restarts of four servers behind nginx that share one PostgreSQL database. npm run test:soak restarts them
// five times.

const rounds = process.env['DOCKPASS_SOAK'] === undefined ? 1 : 5;

needs(
  'postgres',
  'nginx',
  'wrk',
)('four servers behind a load balancer', () => {
  let replicas: ServerGroup;
  let balancerPort: number;
  beforeAll(async () => {
    const cluster = await startPostgres({ fsync: 'off' });
    replicas = await startServerGroup(4, await cluster.newDatabase());
    await first().addUser('alice', password);
    balancerPort = await balance(replicas.servers);
  });
  const first = (): DockpassServer => replicas.servers[0] as DockpassServer;

  /** Sends these requests to the load balancer again and again, at the same time, until the caller calls `stop`. */
  const startLoad = (requests: readonly Asked[]) => {
    const ask = tokenAsker(balancerPort);
    const statuses = new Map<number, number>();
    let answered = 0;
    let isOver = false;
    const loops = requests.map(async (asked) => {
      while (!isOver) {
        // A connection that breaks is a failed request, too.
        const { status } = await ask(asked).catch(() => ({ status: 0 }));
        statuses.set(status, (statuses.get(status) ?? 0) + 1);
        answered++;
      }
    });
    const more = (count: number): Promise<true> => {
      const wanted = answered + count;
      return until(`${count} more answers`, {}, async () => (answered >= wanted ? true : undefined));
    };
    const stop = async () => {
      isOver = true;
      await Promise.all(loops);
      return { statuses: [...statuses.keys()] };
    };
    return { more, stop };
  };

  test('limit failed logins that are spread over all servers, and do not delay users at other addresses', async () => {
    const askers = replicas.servers.map(({ port }) => tokenAsker(port));
    const at = async (index: number, asked: Asked): Promise<number | undefined> =>
      (await askers[index % 4]?.({ user: 'alice', ...asked }))?.status;
    const home = { from: '198.51.100.7' };
    expect(await at(0, home)).toBe(200);
    const answers: unknown[] = [];
    for (let guess = 0; guess < 14; guess++)
      answers.push(await at(guess, { password: `a wrong guess, number ${guess}`, from: '192.0.2.1' }));
    expect(answers).toEqual([...Array<number>(10).fill(401), ...Array<number>(4).fill(429)]);
    for (let server = 0; server < 4; server++) expect(await at(server, { from: '192.0.2.1' })).toBe(429);
    const burst = await Promise.all(
      Array.from({ length: 80 }, (_, guess) =>
        at(guess, { user: 'bob', password: `guess ${guess} of many`, from: '192.0.2.2' }),
      ),
    );
    // Ten failed logins are allowed. The other three servers may each have started one more before they learned of
    // these ten.
    expect(burst.filter((status) => status === 401).length).toBeLessThanOrEqual(13);
    expect(burst.filter((status) => status === 401 || status === 429)).toHaveLength(80);
    for (let server = 0; server < 4; server++) expect(await at(server, home)).toBe(200);
  });

  test('fail no request, lose no session and write no audit row twice when one of them is killed under load', async () => {
    const grant = { service: 'registry', client_id: 'test', username: 'alice', password };
    const begun = await tokenAsker(balancerPort)({
      form: { ...grant, grant_type: 'password', access_type: 'offline' },
    });
    const { refresh_token: session } = JSON.parse(begun.body) as { refresh_token: string };
    const renewal = {
      grant_type: 'refresh_token',
      service: 'registry',
      client_id: 'test',
      refresh_token: session,
    };
    const requests = [
      {},
      { form: renewal },
      { user: 'alice' },
      { form: { ...renewal, scope: 'repository:a:pull' } },
    ];
    const { more, stop } = startLoad([...requests, ...requests]);
    await more(200);
    const victim = replicas.servers[3] as DockpassServer;
    victim.process.signal('SIGKILL');
    await victim.process.ended;
    await more(200);
    await replicas.start(3);
    await more(200);
    expect((await stop()).statuses).toEqual([200]);

    await until('the last audit rows to be written', {}, async () =>
      (await first().must(['audit', '--since', '5s', '--json'])).stdout.includes('issued') ? undefined : true,
    );
    expect((await first().cli(['audit', '--verify'])).status).toBe(0);
    const events = JSON.parse((await first().must(['audit', '--json'])).stdout) as {
      id: string;
      outcome: string;
    }[];
    const issued = events.filter(({ outcome }) => outcome === 'issued').map(({ id }) => id);
    expect(issued.length).toBeGreaterThan(0);
    expect(new Set(issued).size).toBe(issued.length);
  });

  test('fail no request during a rolling restart under load', async () => {
    const url = `http://127.0.0.1:${balancerPort}/auth/token?service=registry&scope=repository:a:pull`;
    const args = ['-t', '1', '-c', '32', '-d', '600s', '--timeout', '30s', url];
    const anonymous = await start(part('wrk'), args);
    const { more, stop } = startLoad([{ user: 'alice' }, { user: 'alice' }, { user: 'alice' }]);
    for (let round = 0; round < rounds; round++) {
      for (let at = 0; at < 4; at++) {
        await more(20);
        expect(await replicas.servers[at]?.process.stop()).toMatchObject({ status: 0, wasKilled: false });
        await more(20);
        await replicas.start(at);
      }
    }
    await more(20);
    // On SIGINT, wrk prints its counts. It mentions failures only if there were any.
    anonymous.signal('SIGINT');
    await anonymous.ended;
    const [, perSecond = '0'] = /Requests\/sec: +([\d.]+)/.exec(anonymous.output()) ?? [];
    console.info(`rolling restart, ${rounds} rounds: ${perSecond} anonymous requests/s next to logins`);
    expect(anonymous.output()).not.toMatch(/Non-2xx|Socket errors/);
    expect(Number(perSecond)).toBeGreaterThan(0);
    expect((await stop()).statuses).toEqual([200]);
  });
});
