import { DockpassError } from '../../errors.ts';
import { findClockFault } from '../../retention/clock-plausibility.ts';
import { ruleFor } from '../../retention/rule.ts';
import { isRepositoryName } from '../../scope/parse-scopes.ts';
import type { Store } from '../../store/store.ts';
import { contentOf } from './plan-content.ts';
import { readRepository, type EarlierPlans, type ReadRepository } from './read-snapshot.ts';
import type { RetentionParts } from './retention-parts.ts';

/** The number of repositories that are read at the same time. Each has several requests at the same time. */
const repositoriesAtOnce = 4;

/**
 * @throws DockpassError `clock_implausible` if the clock of this machine does not fit to the registry and its events
 */
export async function requireRightTime({ store, clock, registry }: RetentionParts): Promise<void> {
  const registryDate = await registry.api.time();
  const { newestEventAt } = await store.usage.times();
  const fault = findClockFault({ now: clock(), registryDate, newestEventAt });
  if (fault !== undefined)
    throw new DockpassError(
      'clock_implausible',
      `nothing is deleted, because ${fault}. With a wrong clock, images that are needed would seem old. Set the clocks (timedatectl set-ntp true), check with "dockpass usage" that events arrive, then make a new plan.`,
    );
}

/** Returns the repositories that a rule matches. */
export async function repositoriesWithRule({ rules, registry }: RetentionParts): Promise<string[]> {
  const names = await registry.api.repositories();
  return names.filter((name) => isRepositoryName(name) && ruleFor(rules, name) !== undefined).sort();
}

/**
 * Returns whether the registry deletes single tags. If deletion is off in the registry, the answer is not known, and a
 * plan without single tags is still right.
 * @returns `problem` says that deletion is off
 */
export async function findDeletion(
  { registry: { api } }: RetentionParts,
  repository: string,
): Promise<{ readonly singleTags: boolean; readonly problem: DockpassError | undefined }> {
  try {
    return { singleTags: await api.deletesSingleTags(repository), problem: undefined };
  } catch (error) {
    if (error instanceof DockpassError && error.code === 'deletion_is_off')
      return { singleTags: false, problem: error };
    throw error;
  }
}

/**
 * Reads these repositories completely.
 * @param deletesSingleTags see `RepositorySnapshot`
 * @throws the errors of `readRepository`
 */
export async function readRepositories(
  parts: RetentionParts,
  repositories: readonly string[],
  deletesSingleTags: boolean,
  now: number,
  onProgress: (done: number) => void = () => {},
): Promise<ReadRepository[]> {
  if (repositories.length === 0) return [];
  const earlier = await earlierPlans(parts.store);
  const found: ReadRepository[] = [];
  for (let at = 0; at < repositories.length; at += repositoriesAtOnce) {
    const some = repositories.slice(at, at + repositoriesAtOnce);
    found.push(
      ...(await Promise.all(
        some.map((repository) =>
          readRepository(parts, repository, deletesSingleTags, earlier(repository), now),
        ),
      )),
    );
    onProgress(found.length);
  }
  return found;
}

/** Reads which digests earlier plans have deleted, and which they should have deleted, by repository. */
async function earlierPlans(
  store: Pick<Store, 'retentionPlans'>,
): Promise<(repository: string) => EarlierPlans> {
  const byRepository = new Map<string, { deleted: Set<string>; left: Set<string> }>();
  for (const plan of await store.retentionPlans.begun()) {
    for (const [at, { repository, digest }] of contentOf(plan).deletions.entries()) {
      const found = byRepository.get(repository) ?? { deleted: new Set(), left: new Set() };
      byRepository.set(repository, found);
      if (at < plan.begun) found.deleted.add(digest);
      // The last one that was begun may not be done.
      if (plan.state !== 'applied' && at >= plan.begun - 1) found.left.add(digest);
    }
  }
  const none = { deleted: new Set<string>(), left: new Set<string>() };
  return (repository) => byRepository.get(repository) ?? none;
}
