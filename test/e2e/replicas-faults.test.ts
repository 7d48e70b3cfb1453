import { beforeAll, expect, it } from 'vitest';
import type { DockpassServer } from '../support/dockpass/dockpass.ts';
import { needs, part } from '../support/run/parts.ts';
import { startPostgres } from '../support/database/postgres.ts';
import { start } from '../support/process/process.ts';
import { until } from '../support/process/ready.ts';
import { balance, startServerGroup, type ServerGroup } from '../support/dockpass/server-group.ts';
import { password, tokenAsker, type Asked } from '../support/dockpass/token-requests.ts';

// Four servers behind nginx on one PostgreSQL, and what happens to them. npm run test:soak: five rounds of restarts.

const rounds = process.env['DOCKPASS_SOAK'] === undefined ? 1 : 5;

needs(
  'postgres',
  'nginx',
  'wrk',
)('four servers behind a balancer', () => {
  let replicas: ServerGroup;
  let door: number;
  beforeAll(async () => {
    const cluster = await startPostgres({ fsync: 'off' });
    replicas = await startServerGroup(4, await cluster.newDatabase());
    await first().addUser('alice', password);
    door = await balance(replicas.servers);
  });
  const first = (): DockpassServer => replicas.servers[0] as DockpassServer;

  /** Asks on and on at the door, many at once, until told to stop. */
  const load = (asks: readonly Asked[]) => {
    const ask = tokenAsker(door);
    const statuses = new Map<number, number>();
    let answered = 0;
    let isOver = false;
    const loops = asks.map(async (asked) => {
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

  it('limits failed logins that are spread over all servers, and delays no one at other addresses', async () => {
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
    // Ten, and what each server may have begun before it heard of the others.
    expect(burst.filter((status) => status === 401).length).toBeLessThanOrEqual(13);
    expect(burst.filter((status) => status === 401 || status === 429)).toHaveLength(80);
    for (let server = 0; server < 4; server++) expect(await at(server, home)).toBe(200);
  });

  it('kill -9 of one under load: no request fails, no session is lost, no audit row is doubled', async () => {
    const grant = { service: 'registry', client_id: 'test', username: 'alice', password };
    const begun = await tokenAsker(door)({
      form: { ...grant, grant_type: 'password', access_type: 'offline' },
    });
    const { refresh_token: session } = JSON.parse(begun.body) as { refresh_token: string };
    const renewal = {
      grant_type: 'refresh_token',
      service: 'registry',
      client_id: 'test',
      refresh_token: session,
    };
    const asks = [
      {},
      { form: renewal },
      { user: 'alice' },
      { form: { ...renewal, scope: 'repository:a:pull' } },
    ];
    const { more, stop } = load([...asks, ...asks]);
    await more(200);
    const victim = replicas.servers[3] as DockpassServer;
    victim.process.signal('SIGKILL');
    await victim.process.ended;
    await more(200);
    await replicas.start(3);
    await more(200);
    expect((await stop()).statuses).toEqual([200]);

    await until('the audit rows of the end', {}, async () =>
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

  it('a rolling restart under load: not one failed request', async () => {
    const url = `http://127.0.0.1:${door}/auth/token?service=registry&scope=repository:a:pull`;
    const words = ['-t', '1', '-c', '32', '-d', '600s', '--timeout', '30s', url];
    const anonymous = await start(part('wrk'), words);
    const { more, stop } = load([{ user: 'alice' }, { user: 'alice' }, { user: 'alice' }]);
    for (let round = 0; round < rounds; round++) {
      for (let at = 0; at < 4; at++) {
        await more(20);
        expect(await replicas.servers[at]?.process.stop()).toMatchObject({ status: 0, wasKilled: false });
        await more(20);
        await replicas.start(at);
      }
    }
    await more(20);
    // It then tells what it has counted; failures only where there were some.
    anonymous.signal('SIGINT');
    await anonymous.ended;
    const [, perSecond = '0'] = /Requests\/sec: +([\d.]+)/.exec(anonymous.output()) ?? [];
    console.info(`rolling restart, ${rounds} rounds: ${perSecond} anonymous requests/s beside logins`);
    expect(anonymous.output()).not.toMatch(/Non-2xx|Socket errors/);
    expect(Number(perSecond)).toBeGreaterThan(0);
    expect((await stop()).statuses).toEqual([200]);
  });
});
