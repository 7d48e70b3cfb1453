import { chmod, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { openStore } from '../../../src/store/open-store.ts';
import { afterwards } from '../../support/run/afterwards.ts';
import { dockpassHome, startServe } from '../../support/dockpass/dockpass.ts';
import { testNetwork } from '../../support/network/network.ts';
import { needs, part } from '../../support/run/parts.ts';
import { freePort } from '../../support/run/ports.ts';
import { allowFrom, askPostgres, asPostgresOwns, startPostgres } from '../../support/database/postgres.ts';
import { until } from '../../support/process/ready.ts';
import { startServerGroup } from '../../support/dockpass/server-group.ts';
import { mustRun, run } from '../../support/process/run.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { password, tokenAsker } from '../../support/dockpass/token-requests.ts';

// Faults that only root can cause: a cut network connection and a full disk. npm run test:soak cuts the connection for
// a minute.

const isSoak = process.env['DOCKPASS_SOAK'] !== undefined;
const cutForMs = isSoak ? 60_000 : 5000;
const stalenessSeconds = isSoak ? 30 : 2;
const databaseStaleness = `${stalenessSeconds}s`;

needs(
  'postgres',
  'root',
  'ip',
)('dockpass with a PostgreSQL database', () => {
  test('uses cached logins for databaseStaleness when the network is cut, then none, and recovers automatically', async () => {
    const network = await testNetwork();
    const cluster = await startPostgres({
      fsync: 'off',
      listen_addresses: `127.0.0.1,${network.databaseAddress}`,
    });
    await allowFrom(cluster, '198.18.1.0/24');
    const database = await cluster.newDatabase();
    const [port, operations] = [await freePort(), await freePort()];
    await startServe({
      through: [part('ip'), 'netns', 'exec', network.namespace],
      config: {
        publicDomains: ['127.0.0.1'],
        trustedProxies: ['198.18.0.1'],
        database: database.replace('127.0.0.1', network.databaseAddress),
        databaseStaleness,
      },
      env: {
        DOCKPASS_LISTEN: `${network.address}:${port}`,
        DOCKPASS_OPERATIONS_LISTEN: `${network.address}:${operations}`,
      },
    });
    // The commands of this dockpass reach the database without the connection that is cut.
    const admin = await dockpassHome({ config: { database } });
    await admin.addUser('alice', password);
    await admin.addUser('bob', password);
    const ask = tokenAsker(port, network.address);
    const login = (user: string) => ask({ user });
    await until('alice to be able to log in', {}, async () =>
      (await login('alice')).status === 200 ? true : undefined,
    );

    const operator = await openStore(database);
    afterwards(() => operator.close());
    await network.cutDatabase();
    const cutAt = performance.now();
    await operator.users.update('alice', { disabled: true, changedAt: 2 });
    let lastSuccessAt = 0;
    const statuses = new Set<number>();
    while (performance.now() - cutAt < cutForMs || !statuses.has(503)) {
      expect((await ask()).status).toBe(200);
      const sentAt = performance.now();
      const { status, retryAfter } = await login('alice');
      if (status === 200) lastSuccessAt = sentAt - cutAt;
      if (status === 503) expect(Number(retryAfter)).toBeGreaterThan(0);
      statuses.add(status);
    }
    console.info(
      `cut for ${cutForMs} ms: the last successful login was requested ${Math.round(lastSuccessAt)} ms after the cut`,
    );
    // The additional 0.5 seconds are for the time that the cut itself takes.
    expect(lastSuccessAt).toBeLessThan((stalenessSeconds + 0.5) * 1000);
    expect((await login('alice')).status).toBe(503);
    expect((await login('bob')).status).toBe(503);
    expect([...statuses].sort()).toEqual([200, 503]);

    await network.reconnectDatabase();
    await until('the login of alice to be rejected', {}, async () =>
      (await login('alice')).status === 401 ? true : undefined,
    );
    await until('bob to log in', {}, async () => ((await login('bob')).status === 200 ? true : undefined));
  });

  test('reports the full disk of the database for a change, still issues tokens, and writes audit rows later', async () => {
    const cluster = await startPostgres({ fsync: 'off' });
    const small = await temporaryDirectory('small');
    await mustRun('mount', ['-t', 'tmpfs', '-o', 'size=24m', 'tmpfs', small]);
    afterwards(() => mustRun('umount', ['-l', small]).then(() => undefined));
    await asPostgresOwns(small);
    await chmod(small, 0o700);
    await askPostgres(cluster, `create tablespace small location '${small}'`);
    await askPostgres(cluster, 'create database full_one tablespace small');
    const database = `postgres://postgres@127.0.0.1:${cluster.port}/full_one`;
    const [server] = (await startServerGroup(1, database)).servers as [
      Awaited<ReturnType<typeof startServe>>,
    ];
    await server.addUser('alice', password);
    const ask = tokenAsker(server.port);
    expect((await ask({ user: 'alice' })).status).toBe(200);
    const filler = join(small, 'filler');
    // dd fills the disk to the last page, and ends because the disk is full.
    await run('dd', ['if=/dev/zero', `of=${filler}`, 'bs=4k']);

    const store = await openStore(database);
    afterwards(() => store.close());
    const untilFull = async (): Promise<unknown> => {
      for (;;) {
        const fault = await store
          .change({ at: 1, subject: '', what: 'x' }, async () => undefined)
          .catch((error: unknown) => error);
        if (fault !== undefined) return fault;
      }
    };
    expect(await untilFull()).toMatchObject({
      message: expect.stringContaining('the disk of the database is full') as string,
    });
    const failed = await server.cli(['user', 'add', 'carol', '--generate']);
    expect([failed.status, failed.stderr]).toEqual([
      1,
      expect.stringContaining('the disk of the database is full'),
    ]);
    expect((await ask()).status).toBe(200);
    expect((await ask({ user: 'alice', query: 'service=registry&scope=repository:kept:pull' })).status).toBe(
      200,
    );

    await rm(filler);
    await until('the buffered audit rows to be written', {}, async () =>
      (await server.must(['audit', '--json'])).stdout.includes('repository:kept:pull') ? true : undefined,
    );
    expect((await server.cli(['audit', '--verify'])).status).toBe(0);
    await server.must(['user', 'add', 'carol', '--generate']);
  });
});
