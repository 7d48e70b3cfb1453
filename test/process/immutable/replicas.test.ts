import { beforeAll, expect, test } from 'vitest';
import { startPostgres } from '../../support/database/postgres.ts';
import { startServerGroup, type ServerGroup } from '../../support/dockpass/server-group.ts';
import { openEdge } from '../../support/edge/edge-process.ts';
import { manifestClient, type ManifestClient } from '../../support/registry/manifest-client.ts';
import { digestOf } from '../../support/registry/push.ts';
import { startRegistryGate, type RegistryGate } from '../../support/registry/registry-gate.ts';
import { startShippedRegistry } from '../../support/registry/registry.ts';
import { registerSecret } from '../../support/run/evidence.ts';
import { needs } from '../../support/run/parts.ts';
import { freePort } from '../../support/run/ports.ts';

const password = 'correct horse battery';
registerSecret(password);
const repository = 'release/app';

needs(
  'postgres',
  'nginx',
  'registry-3.1',
)('immutable tags with two servers on one PostgreSQL', () => {
  let group: ServerGroup;
  let gate: RegistryGate;
  let clients: readonly [ManifestClient, ManifestClient];
  beforeAll(async () => {
    const cluster = await startPostgres({ fsync: 'off' });
    const registryPort = await freePort();
    gate = await startRegistryGate(registryPort);
    group = await startServerGroup(2, await cluster.newDatabase(), {
      registries: [`http://127.0.0.1:${gate.port}`],
      immutableTags: ['release/**:v*'],
    });
    const [one, two] = group.servers;
    if (one === undefined || two === undefined) throw new Error('there are not two servers');
    await one.addUser('alice', password);
    await startShippedRegistry('3.1', one, {}, registryPort);
    const clientOf = async (dockpass: number): Promise<ManifestClient> => {
      const { port } = await openEdge('nginx', { registry: registryPort, dockpass, immutableTags: true });
      return manifestClient({ port }, { name: 'alice', password });
    };
    clients = [await clientOf(one.port), await clientOf(two.port)];
  });

  test('of 20 clients that push one new tag through both servers at once, exactly one gets 201', async () => {
    const [one, two] = clients;
    const images = await Promise.all(Array.from({ length: 20 }, () => one.image(repository)));
    await two.bearer(repository);
    const answers = await Promise.all(
      images.map((image, index) => (index % 2 === 0 ? one : two).put(repository, 'v20', image)),
    );
    expect(answers.map(({ status }) => status).toSorted()).toEqual([201, ...Array<number>(19).fill(403)]);
    const winner = images.find((_, index) => answers[index]?.status === 201);
    expect(await two.digestOf(repository, 'v20')).toBe(digestOf(winner ?? ''));
  });

  test('a server that was stopped during a push has lost its claim, and does not push later', async () => {
    const [one, two] = clients;
    const [slow, fast] = [await one.image(repository), await one.image(repository)];
    const holding = gate.hold('HEAD');
    const late = one.put(repository, 'v-stopped', slow);
    const held = await holding;
    group.servers[0]?.process.signal('SIGSTOP');
    expect((await two.put(repository, 'v-stopped', fast)).status).toBe(201);
    held.pass();
    group.servers[0]?.process.signal('SIGCONT');
    expect((await late).status).toBe(503);
    expect(await two.digestOf(repository, 'v-stopped')).toBe(digestOf(fast));
  });

  test('after kill -9 of a server in the middle of a push, the tag is free for the other one', async () => {
    const [one, two] = clients;
    const [lost, next] = [await one.image(repository), await one.image(repository)];
    const holding = gate.hold('PUT');
    const broken = one.put(repository, 'v-killed', lost);
    const held = await holding;
    group.servers[0]?.process.signal('SIGKILL');
    expect((await broken).status).toBeGreaterThanOrEqual(502);
    const pushed = await two.put(repository, 'v-killed', next);
    held.drop();
    expect(pushed.status).toBe(201);
    expect(await two.digestOf(repository, 'v-killed')).toBe(digestOf(next));
    expect((await two.put(repository, 'v-killed', lost)).status).toBe(403);
  });
});
