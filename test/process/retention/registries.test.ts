import { beforeAll, describe, expect, test } from 'vitest';
import { applyPlan, startApply } from '../../../src/admin/retention/apply-plan.ts';
import { makePlan } from '../../../src/admin/retention/make-plan.ts';
import { planDetails, type DeletionView } from '../../../src/admin/retention/plan-view.ts';
import type { RetentionParts } from '../../../src/admin/retention/retention-parts.ts';
import { DockpassError } from '../../../src/errors.ts';
import type { StoredPlan } from '../../../src/store/store.ts';
import { isFullMatrix } from '../../support/edge/registry-behind-edge.ts';
import { mediaTypes, type Pushed } from '../../support/registry/push.ts';
import { registryPart, type RegistryVersion } from '../../support/registry/registry.ts';
import { dayMs, startRetentionLab, type RetentionLab } from '../../support/retention/retention-lab.ts';
import { needs } from '../../support/run/parts.ts';

const day = 86_400;
/** Keeps only tags that begin with v. */
const onlyVersions = { keep: { tags: ['v*'] } } as const;

const namesOf = ({ deletions }: { readonly deletions: readonly DeletionView[] }): string[] =>
  deletions.map(({ repository, tag, digest }) =>
    tag === null ? `${repository}@${digest}` : `${repository}:${tag}`,
  );

const indexOf = (...children: readonly Pushed[]) => ({
  schemaVersion: 2,
  mediaType: mediaTypes.index,
  manifests: children,
});

for (const version of ['2.8', '3.1'] as const satisfies readonly RegistryVersion[]) {
  const deletesSingleTags = version === '3.1';
  needs(registryPart(version))(`registry ${version}`, () => {
    let lab: RetentionLab;
    let count = 0;
    beforeAll(async () => {
      lab = await startRetentionLab(version);
    });
    const newRepository = (): string => `ci/app${++count}`;

    /** Makes a plan and does it. Returns what it deletes. */
    async function clean(parts: RetentionParts): Promise<string[]> {
      const plan = await makePlan(parts);
      await applyPlan(parts, plan.id);
      expect(await lab.store.retentionPlans.find(plan.id)).toMatchObject({ state: 'applied', problem: null });
      return namesOf(planDetails(plan));
    }

    test('deletes what no rule keeps, and leaves everything else whole', async () => {
      const repository = newRepository();
      for (const [tag, days] of [
        ['a', 50],
        ['b', 40],
        ['c', 30],
        ['d', 20],
        ['e', 10],
      ] as const)
        await lab.push(repository, tag, days);
      await lab.push(repository, 'v1', 60);
      await lab.push(repository, 'today', 0);
      await lab.pusher.image(repository, { layer: 'never reported' }, 'unreported');
      await lab.report({ kind: 'get', repository, tag: 'b', actor: 'carol' }, 3);
      const parts = lab.parts({
        on: [repository],
        keep: { newest: 2, pulledWithin: 30 * day, pushedWithin: 15 * day, tags: ['v*'] },
      });
      const plan = planDetails(await makePlan(parts));
      expect(namesOf(plan)).toEqual([`${repository}:a`, `${repository}:c`, `${repository}:d`]);
      expect(plan.deletions[0]).toMatchObject({ lastPulledAt: null, lastPulledBy: null, tag: 'a' });
      expect(plan.deletions[0]?.size).toBeGreaterThan(300);
      await applyPlan(parts, plan.id);
      expect(await lab.tags(repository)).toEqual(['b', 'e', 'today', 'unreported', 'v1']);
      for (const tag of await lab.tags(repository)) expect(await lab.isWhole(repository, tag)).toBe(true);
      await expect(applyPlan(parts, plan.id)).rejects.toMatchObject({ code: 'plan_used' });
      expect(await clean(parts)).toEqual([]);
    });

    test('keeps a digest that a kept tag shares (attack 117)', async () => {
      const repository = newRepository();
      const shared = await lab.push(repository, 'v1', 60, 'shared');
      await lab.push(repository, 'old', 50, 'shared');
      const deleted = await clean(lab.parts({ on: [repository], ...onlyVersions }));
      expect(deleted).toEqual(deletesSingleTags ? [`${repository}:old`] : []);
      expect(await lab.tags(repository)).toEqual(deletesSingleTags ? ['v1'] : ['old', 'v1']);
      expect(await lab.isWhole(repository, shared.digest)).toBe(true);
    });

    test('deletes a digest with all its tags if no rule keeps one of them', async () => {
      const repository = newRepository();
      await lab.push(repository, 'one', 60, 'both');
      await lab.push(repository, 'two', 50, 'both');
      const deleted = await clean(lab.parts({ on: [repository], ...onlyVersions }));
      expect(deleted).toEqual([`${repository}:one`, `${repository}:two`]);
      expect(await lab.tags(repository)).toEqual([]);
    });

    test('deletes the children of an index that goes, unless a kept index contains them', async () => {
      const repository = newRepository();
      const [common, own] = [
        await lab.push(repository, null, 60, `${repository} common`),
        await lab.push(repository, null, 60, `${repository} own`),
      ];
      await lab.pushManifest(repository, indexOf(common), 'v1', 50);
      const old = await lab.pushManifest(repository, indexOf(common, own), 'old', 50);
      expect(await clean(lab.parts({ on: [repository], ...onlyVersions }))).toEqual([
        `${repository}:old`,
        `${repository}@${own.digest}`,
      ]);
      expect(await lab.isWhole(repository, 'v1')).toBe(true);
      expect(await lab.isWhole(repository, own.digest)).toBe(false);
      expect(await lab.isWhole(repository, old.digest)).toBe(false);
    });

    test('signatures and referrers stay or go with their subject', async () => {
      const repository = newRepository();
      const images = { v1: await lab.push(repository, 'v1', 60), old: await lab.push(repository, 'old', 60) };
      const tagsOf = async ({ digest, mediaType, size }: Pushed) => {
        const prefix = digest.replace(':', '-');
        await lab.push(repository, `${prefix}.sig`, 55, `signature of ${digest}`);
        const referrer = await lab.pushManifest(
          repository,
          {
            ...{ schemaVersion: 2, mediaType: mediaTypes.manifest, artifactType: 'application/vnd.example' },
            config: await lab.pusher.blob(repository, '{}', 'application/vnd.oci.empty.v1+json'),
            layers: [await lab.pusher.blob(repository, `report ${digest}`, mediaTypes.layer)],
            subject: { digest, mediaType, size },
          },
          null,
          55,
        );
        await lab.pushManifest(repository, indexOf(referrer), prefix, 55);
        return { tags: [prefix, `${prefix}.sig`], referrer };
      };
      const kept = await tagsOf(images.v1);
      const gone = await tagsOf(images.old);
      await clean(lab.parts({ on: [repository], ...onlyVersions }));
      expect(await lab.tags(repository)).toEqual(['v1', ...kept.tags].sort());
      for (const tag of await lab.tags(repository)) expect(await lab.isWhole(repository, tag)).toBe(true);
      expect(await lab.isWhole(repository, kept.referrer.digest)).toBe(true);
      expect(await lab.isWhole(repository, gone.referrer.digest)).toBe(false);
    });

    test('deletes manifests without a tag when they are old enough', async () => {
      const repository = newRepository();
      const [byDigest, pulled] = [await lab.push(repository, null, 9), await lab.push(repository, null, 9)];
      await lab.report({ kind: 'get', repository, digest: pulled.digest }, 2);
      const replaced = await lab.push(repository, 'latest', 30);
      const replacedToday = await lab.push(repository, 'latest', 8);
      await lab.push(repository, 'latest', 2);
      const rule = { on: [repository], untagged: 7 * day };
      expect(await clean(lab.parts(rule))).toEqual(
        [replaced, byDigest].map(({ digest }) => `${repository}@${digest}`).sort(),
      );
      expect(await lab.isWhole(repository, replacedToday.digest)).toBe(true);
      expect(await lab.isWhole(repository, pulled.digest)).toBe(true);
      expect(await lab.tags(repository)).toEqual(['latest']);
    });

    test('a manifest that lost its tag without an event counts from the plan that saw it first', async () => {
      const repository = newRepository();
      const lost = await lab.push(repository, 'latest', 30);
      await lab.pusher.image(repository, { layer: 'not reported' }, 'latest');
      const rule = { on: [repository], untagged: 7 * day };
      const parts = lab.parts(rule);
      expect(await clean(parts)).toEqual([]);
      const plan = await makePlan({ ...parts, ...laterBy(parts, 8 * dayMs) });
      expect(namesOf(planDetails(plan))).toEqual([`${repository}@${lost.digest}`]);
    });

    // The rest does not depend on how a registry deletes, so `npm run test:matrix` runs it with 2.8 too.
    if (version === '2.8' && !isFullMatrix) return;

    describe('what changes between plan and apply', () => {
      const changes: readonly (readonly [string, (repository: string) => Promise<unknown>])[] = [
        ['a planned tag is pushed again (attack 118)', (repository) => lab.push(repository, 'old', 0)],
        ['a new tag is pushed', (repository) => lab.push(repository, 'new', 0)],
        [
          'a new tag of a planned digest is pushed',
          (repository) => lab.push(repository, 'new', 0, repository),
        ],
        [
          'a planned tag is pushed again with the same digest',
          (repository) => lab.push(repository, 'old', 0, repository),
        ],
        [
          'a planned tag is pulled',
          (repository) => lab.report({ kind: 'get', repository, tag: 'old', actor: 'prod' }, 0),
        ],
        [
          'a new tag is pushed without an event',
          (repository) => lab.pusher.image(repository, { layer: 'silent' }, 'silent'),
        ],
      ];
      test.each(changes)('%s: nothing is deleted', async (_, makeChange) => {
        const repository = newRepository();
        await lab.push(repository, 'old', 50, repository);
        await lab.push(repository, 'older', 60);
        const parts = lab.parts({ on: [repository], ...onlyVersions });
        const plan = await makePlan(parts);
        await makeChange(repository);
        const tags = await lab.tags(repository);
        await expect(applyPlan(parts, plan.id)).rejects.toMatchObject({ code: 'plan_outdated' });
        expect(await lab.tags(repository)).toEqual(tags);
        expect(tags).toContain('older');
        for (const tag of tags) expect(await lab.isWhole(repository, tag)).toBe(true);
      });

      test('a plan is not applied after 24 hours, or if it does not exist', async () => {
        const repository = newRepository();
        await lab.push(repository, 'old', 50);
        const parts = lab.parts({ on: [repository], ...onlyVersions });
        const plan = await makePlan(parts);
        await expect(applyPlan({ ...parts, ...laterBy(parts, dayMs + 1000) }, plan.id)).rejects.toMatchObject(
          { code: 'plan_used' },
        );
        await expect(applyPlan(parts, 'unknown')).rejects.toMatchObject({ code: 'no_such_plan' });
        expect(await lab.tags(repository)).toEqual(['old']);
      });
    });

    describe('what happens while a plan is applied', () => {
      /** Does something right before the request that deletes the n-th manifest or tag. */
      const beforeDeletion = (
        parts: RetentionParts,
        number: number,
        work: () => Promise<unknown>,
      ): RetentionParts => {
        const { api } = parts.registry;
        let deletions = 0;
        const counting =
          <Args extends readonly unknown[]>(request: (...args: Args) => Promise<void>) =>
          async (...args: Args): Promise<void> => {
            if (++deletions === number) await work();
            return request(...args);
          };
        const watched = {
          ...api,
          deleteTag: counting(api.deleteTag),
          deleteManifest: counting(api.deleteManifest),
        };
        return { ...parts, registry: { ...parts.registry, api: watched } };
      };

      async function prepared(): Promise<{ repository: string; parts: RetentionParts; plan: StoredPlan }> {
        const repository = newRepository();
        await lab.push(repository, 'a', 50);
        await lab.push(repository, 'b', 50, `${repository} b`);
        await lab.push(repository, 'v1', 50);
        const parts = lab.parts({ on: [repository], ...onlyVersions });
        return { repository, parts, plan: await makePlan(parts) };
      }

      test('a push of a planned digest with a new tag stops the deletions', async () => {
        const { repository, parts, plan } = await prepared();
        const watched = beforeDeletion(parts, 1, () => lab.push(repository, 'new', 0, `${repository} b`));
        await expect(applyPlan(watched, plan.id)).rejects.toMatchObject({
          code: 'retention_stopped',
          message: expect.stringContaining('after 1 of 2 deletions') as string,
        });
        expect(await lab.tags(repository)).toEqual(['b', 'new', 'v1']);
        expect(await lab.isWhole(repository, 'new')).toBe(true);
      });

      test('a registry that does not answer stops them, and the next plan finishes', async () => {
        const repository = newRepository();
        const child = await lab.push(repository, null, 60);
        const old = await lab.pushManifest(repository, indexOf(child), 'old', 50);
        const parts = lab.parts({ on: [repository], ...onlyVersions });
        const plan = await makePlan(parts);
        const broken = beforeDeletion(parts, 2, () => Promise.reject(new Error('unplugged')));
        await expect(applyPlan(broken, plan.id)).rejects.toMatchObject({ code: 'retention_stopped' });
        expect(await lab.isWhole(repository, child.digest)).toBe(true);
        expect(await lab.isWhole(repository, old.digest)).toBe(false);
        await expect(applyPlan(parts, plan.id)).rejects.toMatchObject({ code: 'plan_used' });
        expect(await clean(parts)).toEqual([`${repository}@${child.digest}`]);
        expect(await lab.isWhole(repository, child.digest)).toBe(false);
      });

      test('what an interrupted plan left is not deleted if someone uses it again', async () => {
        const repository = newRepository();
        const child = await lab.push(repository, null, 60);
        await lab.pushManifest(repository, indexOf(child), 'old', 50);
        const parts = lab.parts({ on: [repository], ...onlyVersions });
        const broken = beforeDeletion(parts, 2, () => Promise.reject(new Error('unplugged')));
        await expect(applyPlan(broken, (await makePlan(parts)).id)).rejects.toMatchObject({
          code: 'retention_stopped',
        });
        await lab.pushManifest(repository, { ...indexOf(child), annotations: { again: 'yes' } }, 'v2', 0);
        expect(await clean(parts)).toEqual([]);
        expect(await lab.isWhole(repository, 'v2')).toBe(true);
      });

      test('a database that does not answer stops them: nothing is deleted without an audit row', async () => {
        const { repository, parts, plan } = await prepared();
        let rows = 0;
        const store: typeof parts.store = {
          ...parts.store,
          // The first row is that of the application.
          change: (what, work) =>
            ++rows > 2 ? Promise.reject(new Error('no database')) : parts.store.change(what, work),
        };
        await expect(applyPlan({ ...parts, store }, plan.id)).rejects.toMatchObject({
          code: 'retention_stopped',
          message: expect.stringContaining('after 1 of 2 deletions: no database') as string,
        });
        expect(await lab.tags(repository)).toEqual(['b', 'v1']);
        expect(await clean(parts)).toEqual([`${repository}:b`]);
      });

      test('a second process does not apply a plan at the same time', async () => {
        const { repository, parts, plan } = await prepared();
        const other = await makePlan(parts);
        let second: Promise<unknown> = Promise.resolve();
        const watched = beforeDeletion(parts, 1, async () => {
          second = expect(startApply(parts, other.id)).rejects.toMatchObject({ code: 'retention_busy' });
          await second;
        });
        await applyPlan(watched, plan.id);
        await second;
        expect(await lab.tags(repository)).toEqual(['v1']);
      });
    });

    describe('a registry that cannot be trusted (attacks 115 and 116)', () => {
      const withApi = (
        parts: RetentionParts,
        api: Partial<RetentionParts['registry']['api']>,
      ): RetentionParts => ({
        ...parts,
        registry: { ...parts.registry, api: { ...parts.registry.api, ...api } },
      });

      test('a list without a tag that exists: no plan, and a plan is not applied', async () => {
        const repository = newRepository();
        await lab.push(repository, 'one', 50);
        await lab.push(repository, 'two', 50);
        const parts = lab.parts({ on: [repository], ...onlyVersions });
        const short = withApi(parts, { tags: () => Promise.resolve(['one']) });
        await expect(makePlan(short)).rejects.toMatchObject({ code: 'list_incomplete' });
        const plan = await makePlan(parts);
        await expect(applyPlan(short, plan.id)).rejects.toMatchObject({ code: 'list_incomplete' });
        expect(await lab.tags(repository)).toEqual(['one', 'two']);
      });

      test('a list without a tag that only an earlier list named: no plan', async () => {
        const repository = newRepository();
        await lab.pusher.image(repository, { layer: 'x' }, 'silent');
        await lab.push(repository, 'two', 50);
        const parts = lab.parts({ on: [repository], ...onlyVersions });
        await makePlan(parts);
        const short = withApi(parts, { tags: () => Promise.resolve(['two']) });
        await expect(makePlan(short)).rejects.toMatchObject({ code: 'list_incomplete' });
      });

      test('deletion is off: there is a plan that says so, and it is not applied', async () => {
        const repository = newRepository();
        await lab.push(repository, 'old', 50);
        const parts = lab.parts({ on: [repository], ...onlyVersions });
        const off = withApi(parts, {
          deletesSingleTags: () => Promise.reject(new DockpassError('deletion_is_off', 'deletion is off')),
        });
        const plan = planDetails(await makePlan(off));
        expect(plan.notes).toContain('deletion is off');
        expect(namesOf(plan)).toEqual([`${repository}:old`]);
        await expect(applyPlan(off, plan.id)).rejects.toMatchObject({ code: 'deletion_is_off' });
        await applyPlan(parts, plan.id);
        expect(await lab.tags(repository)).toEqual([]);
      });

      test('a list that fails: no plan', async () => {
        const parts = lab.parts({ on: ['ci/**'], ...onlyVersions });
        const failing = withApi(parts, { tags: () => Promise.reject(new Error('500')) });
        await expect(makePlan(failing)).rejects.toThrow('500');
      });

      test.each([
        ['back', -365 * dayMs],
        ['forward', 365 * dayMs],
      ])('a clock that is set %s by a year: no plan, and a plan is not applied', async (_, by) => {
        const repository = newRepository();
        await lab.push(repository, 'old', 50);
        const parts = lab.parts({ on: [repository], ...onlyVersions });
        const plan = await makePlan(parts);
        const wrong = { ...parts, clock: () => Date.now() + by };
        await expect(makePlan(wrong)).rejects.toMatchObject({ code: 'clock_implausible' });
        // The registry can run on the same machine.
        const both = withApi(wrong, { time: () => Promise.resolve(Date.now() + by) });
        await expect(makePlan(both)).rejects.toMatchObject({ code: 'clock_implausible' });
        await expect(applyPlan(wrong, plan.id)).rejects.toMatchObject({
          code: expect.stringMatching(/clock_implausible|plan_used/) as string,
        });
        expect(await lab.tags(repository)).toEqual(['old']);
      });
    });

    /** A clock of dockpass and of the registry that shows a later time. */
    function laterBy({ registry }: RetentionParts, ms: number): Pick<RetentionParts, 'clock' | 'registry'> {
      const clock = () => Date.now() + ms;
      return {
        clock,
        registry: { ...registry, api: { ...registry.api, time: () => Promise.resolve(clock()) } },
      };
    }
  });
}
