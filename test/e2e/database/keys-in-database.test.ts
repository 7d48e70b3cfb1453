import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { decodeProtectedHeader } from 'jose';
import { expect, test } from 'vitest';
import { dockpassHome, type DockpassServer } from '../../support/dockpass/dockpass.ts';
import { kidJournal } from '../../support/dockpass/kid-journal.ts';
import { needs } from '../../support/run/parts.ts';
import { startPostgres } from '../../support/database/postgres.ts';
import { basic } from '../../support/network/raw-http.ts';
import { until } from '../../support/process/ready.ts';
import { openRecipe } from '../../support/docs/recipe.ts';
import { registryVersions } from '../../support/registry/registry.ts';
import { balance, startServerGroup } from '../../support/dockpass/server-group.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { bundleIn, startTrusting, statusAt } from '../../support/dockpass/trusting-registries.ts';

// Four processes sign with the keys that are stored in one PostgreSQL database. Registries trust these keys and are
// never restarted.

/** The number of rotations, one every two seconds. With npm run test:soak, they take two minutes. */
const rotations = process.env['DOCKPASS_SOAK'] === undefined ? 5 : 60;
const password = 'correct horse battery staple';

async function tokenFrom(url: string, repository: string, authorization?: string): Promise<string> {
  const answer = await fetch(`${url}/auth/token?service=registry&scope=repository:${repository}:pull`, {
    headers: authorization === undefined ? {} : { authorization },
  });
  if (answer.status !== 200) throw new Error(`${answer.status} ${await answer.text()}`);
  return ((await answer.json()) as { token: string }).token;
}

const kidOf = (token: string): string => decodeProtectedHeader(token).kid ?? '';

async function kidsOf(server: DockpassServer): Promise<string[]> {
  const { keys } = (await (await fetch(`${server.url}/auth/jwks`)).json()) as { keys: { kid: string }[] };
  return keys.map(({ kid }) => kid);
}

needs(
  'postgres',
  'nginx',
  'registry-2.8',
  'registry-3.0',
  'registry-3.1',
)('four token servers with their keys in one PostgreSQL', () => {
  const timeout = (rotations * 10 + 170) * 1000;
  test('rotate under load: no token is rejected, no unpublished key signs', { timeout }, async () => {
    const cluster = await startPostgres();
    const { servers } = await startServerGroup(4, await cluster.newDatabase());
    const url = `http://127.0.0.1:${await balance(servers)}`;
    const [first] = servers as [DockpassServer];
    await first.addUser('alice', password);
    const registries = await Promise.all(
      registryVersions.map((version) => startTrusting(version, { rootcertbundle: bundleIn(first) })),
    );
    let done = 0;
    const isOver = (): boolean => done === rotations;

    // Requests tokens through the load balancer, anonymously and with a login, and sends every token to every registry.
    const statuses = new Map<number, number>();
    const load = async (worker: number): Promise<void> => {
      const authorization = worker === 0 ? basic('alice', password) : undefined;
      const base = worker === 0 ? url.replace('127.0.0.1', 'localhost') : url;
      for (let count = 0; !isOver(); count++) {
        // Each request names another repository, so that the server does not share one token between requests.
        const token = await tokenFrom(base, `load/${worker}-${count}`, authorization);
        for (const registry of registries) {
          const status = await statusAt(registry, token);
          statuses.set(status, (statuses.get(status) ?? 0) + 1);
        }
      }
    };
    // Asks each server directly, and records which key it signs with and which keys it publishes.
    const journal = kidJournal();
    const signs = async (server: number): Promise<void> => {
      const { url: ownUrl } = servers[server] as DockpassServer;
      for (let count = 0; !isOver(); count++)
        journal.signed(server, kidOf(await tokenFrom(ownUrl, `watch/${server}-${count}`)));
    };
    const shows = async (server: number): Promise<void> => {
      while (!isOver()) {
        const askedAt = journal.now();
        journal.shown(server, await kidsOf(servers[server] as DockpassServer), askedAt);
      }
    };
    const rotating = async (): Promise<void> => {
      for (; !isOver(); done++) {
        const began = performance.now();
        await (servers[done % servers.length] as DockpassServer).must(['keys', 'rotate']);
        await until('two seconds to pass', {}, async () => performance.now() - began > 2000 || undefined);
      }
    };
    const numbers = servers.map((_, at) => at);
    const began = performance.now();
    await Promise.all([rotating(), ...[0, 1, 2].map(load), ...numbers.map(signs), ...numbers.map(shows)]);
    const checks = [...statuses.values()].reduce((sum, count) => sum + count, 0);
    const longest = Math.max(...journal.spreads().values());
    console.info(
      `${rotations} rotations in ${Math.round((performance.now() - began) / 1000)} s, ${checks} registry requests (status ${[...statuses.keys()].join()}), ${journal.looks()} key set requests; the last server used a new key at most ${Math.round(longest)} ms after the first`,
    );
    expect([...statuses.keys()]).toEqual([200]);
    expect(journal.shownTooLate()).toEqual([]);
    // Every server must have signed with every leaf certificate, except the last one, which may be too new.
    for (const kid of [...journal.spreads().keys()].slice(0, -1))
      expect(journal.signers(kid)).toBe(servers.length);
    expect(await kidsOf(first)).toHaveLength(rotations + 1);
  });
});

needs('postgres', 'openssl')('docs/keys-in-the-database.md', () => {
  test('moves the keys from a directory to the database, rotates them, and encrypts them with a new secret', async () => {
    const cluster = await startPostgres();
    const directory = await temporaryDirectory('replicas');
    const settings = { publicDomains: ['127.0.0.1'], database: await cluster.newDatabase() };
    const home = await dockpassHome({ directory, config: settings });
    // `dockpassHome` creates the database for this command.
    await home.must(['user', 'list']);
    const bundle = (await home.must(['keys', 'export'])).stdout;
    const recipe = await openRecipe('docs/keys-in-the-database.md', {
      directory,
      // The recipe runs each block in its own shell. Users type all blocks into the same shell, where an exported
      // variable stays set.
      env: { DOCKPASS_KEYS_SECRET_FILE: join(directory, 'keys.secret') },
    });
    await recipe.next();
    const env = { DOCKPASS_KEYS_SECRET_FILE: join(directory, 'keys.secret') };
    const early = await home.cli(['keys', 'list'], { env });
    expect([early.status, early.stderr]).toEqual([
      1,
      expect.stringContaining('To use this certificate authority, run "dockpass keys move --to database"'),
    ]);
    const moved = await recipe.next();
    expect(moved.stderr).toContain('The keys are in the database now, encrypted');
    expect(moved.stdout).toMatch(/^authority +certifies leaves +EC prime256v1/m);
    expect((await home.must(['keys', 'export'], { env })).stdout).toBe(bundle);
    const withoutSecret = await home.cli(['keys', 'list']);
    expect([withoutSecret.status, withoutSecret.stderr]).toEqual([
      1,
      expect.stringContaining('keys.secret is not set for this process'),
    ]);

    const secret = (await readFile(env.DOCKPASS_KEYS_SECRET_FILE, 'utf8')).trim();
    const replicas = await startServerGroup(2, settings.database, {}, secret);
    expect((await recipe.next()).stderr).toMatch(/signing key \S+ signs from now on/);
    const leaf = JSON.parse((await home.must(['keys', 'list', '--json'], { env })).stdout) as {
      name: string;
    }[];
    for (const server of replicas.servers)
      await until('both servers to sign with the new key', {}, async () =>
        kidOf(await tokenFrom(server.url, `r/${performance.now()}`)) === leaf.at(-1)?.name ? true : undefined,
      );
    const old = await readFile(env.DOCKPASS_KEYS_SECRET_FILE, 'utf8');
    expect((await recipe.next()).stdout).toContain(leaf.at(-1)?.name);
    const wrong = await home.cli(['serve'], { env: { DOCKPASS_KEYS_SECRET: old.trim() } });
    expect([wrong.status, wrong.stderr.trim().split('\n')]).toEqual([
      1,
      [expect.stringContaining('keys.secret (DOCKPASS_KEYS_SECRET_FILE) is not the secret')],
    ]);
    recipe.finish();

    const keyFindingsWith = async (secretEnv: Readonly<Record<string, string>>): Promise<string[]> => {
      const { stdout } = await home.cli(['doctor', '--json', '--read-only'], { env: secretEnv });
      const codes = (JSON.parse(stdout) as { code: string }[]).map(({ code }) => code);
      return codes.filter((code) => /^(?:key|leaf|authority)/.test(code));
    };
    expect(await keyFindingsWith(env)).toEqual([]);
    expect(await keyFindingsWith({ DOCKPASS_KEYS_SECRET: old.trim() })).toEqual(['keys_unusable']);
  });
});
