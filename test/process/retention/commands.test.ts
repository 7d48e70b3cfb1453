import { randomBytes } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, expect, test } from 'vitest';
import { parse } from 'yaml';
import {
  dockpassBin,
  dockpassHome,
  startServe,
  type DockpassServer,
} from '../../support/dockpass/dockpass.ts';
import { start } from '../../support/process/process.ts';
import { typeAtTerminal } from '../../support/process/terminal.ts';
import { openRecipe } from '../../support/docs/recipe.ts';
import { createPusher, mediaTypes, type Pushed, type Pusher } from '../../support/registry/push.ts';
import { registryPart, startShippedRegistry, type Registry } from '../../support/registry/registry.ts';
import { repository as repositoryFolder } from '../../support/run/environment.ts';
import { registerSecret } from '../../support/run/evidence.ts';
import { isFullMatrix } from '../../support/edge/registry-behind-edge.ts';
import { needs } from '../../support/run/parts.ts';
import { freePort } from '../../support/run/ports.ts';

const dayMs = 86_400_000;
const password = 'correct horse battery';

interface PlanJson {
  readonly id: string;
  readonly deletions: readonly {
    readonly repository: string;
    readonly tag: string | null;
    readonly digest: string;
  }[];
}

for (const version of ['2.8', '3.1'] as const) {
  needs(registryPart(version))(`registry ${version}`, () => {
    let server: DockpassServer;
    let registry: Registry;
    let pusher: Pusher;
    let remoteEnv: Readonly<Record<string, string>>;
    let eventsUrl: string;
    const secret = randomBytes(32).toString('hex');
    registerSecret(secret);

    beforeAll(async () => {
      const [registryPort, eventsPort] = [await freePort(), await freePort()];
      eventsUrl = `http://127.0.0.1:${eventsPort}/events`;
      server = await startServe({
        config: {
          registries: [`http://127.0.0.1:${registryPort}`],
          events: { listen: `127.0.0.1:${eventsPort}`, secret },
          retention: [{ on: ['ci/**'], keep: { tags: ['v*'] } }],
        },
      });
      const shipped = parse(await readFile(join(repositoryFolder, 'registry-config.yml'), 'utf8')) as object;
      expect(shipped).toHaveProperty('auth');
      registry = await startShippedRegistry(
        version,
        server,
        { REGISTRY_STORAGE_DELETE_ENABLED: 'true', REGISTRY_NOTIFICATIONS_ENDPOINTS: '[]' },
        registryPort,
      );
      pusher = await createPusher(server, registry);
      await server.addUser('boss', password, 'admin');
      const { stdout } = await server.must(['token', 'create', 'remote', '--user', 'boss', '--api']);
      remoteEnv = { DOCKPASS_URL: server.url, DOCKPASS_TOKEN: stdout.trim() };
    });

    let count = 0;
    /** Sends an event of so many days ago, as the registry does. */
    async function report(
      action: 'push' | 'pull',
      target: { readonly repository: string; readonly tag?: string; readonly digest: string },
      daysAgo: number,
      actor = 'ci',
    ): Promise<void> {
      const event = {
        ...{
          id: `event ${++count}`,
          timestamp: new Date(Date.now() - daysAgo * dayMs).toISOString(),
          action,
        },
        target: { mediaType: mediaTypes.manifest, ...target },
        request: {
          method: action === 'push' ? 'PUT' : 'GET',
          addr: '192.0.2.1',
          host: 'registry.example.com',
        },
        actor: { name: actor },
      };
      const answer = await fetch(eventsUrl, {
        method: 'POST',
        headers: { Authorization: `Bearer ${secret}` },
        body: JSON.stringify({ events: [event] }),
      });
      expect(answer.status).toBe(200);
    }

    async function push(repository: string, tag: string, daysAgo: number): Promise<Pushed> {
      const pushed = await pusher.image(repository, { layer: `${repository}:${tag}` }, tag);
      await report('push', { repository, tag, digest: pushed.digest }, daysAgo);
      return pushed;
    }

    const tagsOf = async (repository: string): Promise<string[]> =>
      JSON.parse((await server.must(['repo', 'tags', repository, '--json'])).stdout).map(
        ({ name }: { readonly name: string }) => name,
      ) as string[];

    for (const way of ['database', 'API'] as const) {
      test(`plan and apply, through the ${way}`, async () => {
        const repository = `ci/${way.toLowerCase()}`;
        const old = await push(repository, 'old', 40);
        await push(repository, 'older', 50);
        await push(repository, 'v1', 50);
        await report('pull', { repository, tag: 'old', digest: old.digest }, 10, 'carol');
        const elsewhere = await dockpassHome({ database: false });
        const run = (args: readonly string[]) =>
          way === 'API' ? elsewhere.cli(args, { env: remoteEnv }) : server.cli(args);

        const shown = await run(['retention', 'plan']);
        expect(shown).toMatchObject({ status: 0 });
        expect(shown.stdout).toContain(`${repository}: 2 deletions in 1 repository, `);
        expect(shown.stdout).toMatch(/:old +sha256:\w{12} +[\d.]+ \w+ +\S+Z +carol +it matches no pattern/);
        expect(shown.stdout).toMatch(/:older +sha256:\w{12} +[\d.]+ \w+ +- +- +it matches no pattern/);
        expect(shown.stdout).toMatch(
          /Total: 2 deletions in 1 repository.*\n.*\n {2}dockpass retention apply \w+\n$/,
        );
        expect(await tagsOf(repository)).toEqual(['old', 'older', 'v1']);

        const { stdout } = await run(['retention', 'plan', '--json']);
        const plan = JSON.parse(stdout) as PlanJson;
        expect(plan).toEqual({
          id: expect.stringMatching(/^\w+$/) as string,
          deletions: [
            {
              ...{ repository, tag: 'old', digest: old.digest, size: expect.any(Number) as number },
              ...{ reason: expect.stringContaining('retention rule 1') as string },
              ...{ lastPulledAt: expect.stringMatching(/Z$/) as string, lastPulledBy: 'carol' },
            },
            expect.objectContaining({ repository, tag: 'older', lastPulledAt: null, lastPulledBy: null }),
          ],
        });

        const applied = await run(['retention', 'apply', plan.id]);
        expect(applied).toMatchObject({ status: 0 });
        expect(applied.stdout).toBe(
          plan.deletions.map(({ tag, digest }) => `deleted ${repository}:${tag} (${digest})\n`).join(''),
        );
        expect(await tagsOf(repository)).toEqual(['v1']);
        const again = await run(['retention', 'apply', plan.id, '--yes']);
        expect(again).toMatchObject({ status: 1, stdout: '' });
        expect(again.stderr).toContain('was applied already');
        expect(await run(['retention', 'apply', 'nonsense'])).toMatchObject({ status: 1 });
        const audit = (await server.must(['audit'])).stdout;
        expect(audit).toContain(`retention plan ${plan.id} applied`);
        expect(audit).toMatch(
          new RegExp(`${repository}@sha256:\\w+ with the tag old deleted by retention plan`),
        );
      });
    }

    test('what changes after the plan stays, and nothing is deleted (attack 118)', async () => {
      const repository = 'ci/changed';
      await push(repository, 'old', 40);
      await push(repository, 'older', 50);
      const plan = JSON.parse((await server.must(['retention', 'plan', '--json'])).stdout) as PlanJson;
      await push(repository, 'new', 0);
      const elsewhere = await dockpassHome({ database: false });
      const remote = await elsewhere.cli(['retention', 'apply', plan.id, '--yes'], { env: remoteEnv });
      expect(remote).toMatchObject({ status: 1, stdout: '' });
      expect(remote.stderr).toContain('the tags of ci/changed have changed');
      const refused = await server.cli(['retention', 'apply', plan.id, '--yes']);
      expect(refused).toMatchObject({ status: 1, stdout: '' });
      expect(refused.stderr).toContain('the tags of ci/changed have changed');
      expect(refused.stderr).toContain('dockpass retention plan');
      expect((await tagsOf(repository)).sort()).toEqual(['new', 'old', 'older']);
      const next = JSON.parse((await server.must(['retention', 'plan', '--json'])).stdout) as PlanJson;
      await server.must(['retention', 'apply', next.id, '--yes']);
      expect(await tagsOf(repository)).toEqual(['new']);
    });

    // The rest does not depend on how a registry deletes, so only `npm run test:matrix` runs it with 2.8 too.
    if (version === '2.8' && !isFullMatrix) return;

    test('asks at a terminal', async () => {
      await push('ci/asked', 'old', 40);
      const { id } = JSON.parse((await server.must(['retention', 'plan', '--json'])).stdout) as PlanJson;
      const command = `${process.execPath} ${dockpassBin} retention apply ${id}`;
      const options = { cwd: server.directory, env: server.env };
      const screen = await typeAtTerminal(`${command} || echo status $?`, [[/\[y\/N\]/, 'n']], options);
      expect(screen).toContain(`Apply the plan ${id}: 1 deletion in 1 repository`);
      expect(screen).toContain('status 1');
      expect(await tagsOf('ci/asked')).toEqual(['old']);
      await typeAtTerminal(command, [[/\[y\/N\]/, 'y']], options);
      expect(await tagsOf('ci/asked')).toEqual([]);
    });

    test('the commands of docs/retention.md', async () => {
      await push('ci/page', 'old', 40);
      const { id } = JSON.parse((await server.must(['retention', 'plan', '--json'])).stdout) as PlanJson;
      const recipe = await openRecipe('docs/retention.md', {
        ...{ directory: server.directory, env: server.env },
        replace: [['PLAN-ID', id]],
      });
      await recipe.next();
      expect((await recipe.next()).stdout).toContain('dockpass retention apply');
      expect((await recipe.next()).stdout).toContain('deleted ci/page:old');
      expect((await recipe.next()).stdout).toContain(`retention plan ${id} applied`);
      recipe.finish();
    });

    test.runIf(version === '3.1')(
      'kill -9 in the middle: the next plan finishes, and what is kept is whole',
      async () => {
        const repository = 'ci/killed';
        const indexes: { readonly tag: string; readonly child: Pushed }[] = [];
        for (let at = 0; at < 20; at++) {
          const child = await pusher.image(repository, { layer: `child ${at}` });
          const index = { schemaVersion: 2, mediaType: mediaTypes.index, manifests: [child] };
          const tag = `t${String(at).padStart(2, '0')}`;
          const { digest } = await pusher.manifest(repository, index, tag);
          await report('push', { repository, digest: child.digest }, 40);
          await report('push', { repository, tag, digest }, 40);
          indexes.push({ tag, child });
        }
        await push(repository, 'v1', 40);
        const { id, deletions } = JSON.parse(
          (await server.must(['retention', 'plan', '--json'])).stdout,
        ) as PlanJson;
        expect(deletions).toHaveLength(40);
        const applying = await start(process.execPath, [dockpassBin, 'retention', 'apply', id, '--yes'], {
          cwd: server.directory,
          env: server.env,
        });
        await applying.line(/deleted .*:t03/);
        applying.signal('SIGKILL');
        await applying.ended;

        const left = await tagsOf(repository);
        expect(left).toContain('v1');
        expect(left).not.toContain('t03');
        const used = await server.cli(['retention', 'apply', id, '--yes']);
        expect(used).toMatchObject({ status: 1 });
        expect(used.stderr).toMatch(/a plan is being applied|was interrupted after/);
        const next = JSON.parse((await server.must(['retention', 'plan', '--json'])).stdout) as PlanJson;
        // The lease of the killed process ends by itself.
        await expect
          .poll(async () => (await server.cli(['retention', 'apply', next.id, '--yes'])).status, {
            timeout: 60_000,
            interval: 1000,
          })
          .toBe(0);
        expect(await tagsOf(repository)).toEqual(['v1']);
        for (const { child } of indexes.slice(0, 5)) {
          const found = await server.cli(['repo', 'delete', `${repository}@${child.digest}`, '--yes']);
          expect(found).toMatchObject({ status: 1 });
        }
      },
    );
  });
}
