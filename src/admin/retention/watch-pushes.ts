import { isMissing, orMissing } from '../../registry/api-client.ts';
import type { Deletion } from '../../retention/plan.ts';
import { listTags } from './read-snapshot.ts';
import type { RetentionParts } from './retention-parts.ts';

/** The tags of a repository are listed again at most so often, in milliseconds. */
const listEveryMs = 1000;
/** After a list, this many times its duration pass before the next one. */
const restFactor = 5;
/** The clocks of dockpass and of the registry may differ by so much, in milliseconds. */
const clockToleranceMs = 5 * 60_000;

export interface PushWatch {
  /** Returns the digests that were pushed to a repository since the plan was checked, and all that these need. */
  find(repository: string): Promise<ReadonlySet<string>>;
}

/**
 * Finds what is pushed while a plan is applied: by the events of the registry, and by listing its tags again, because
 * events can be missing.
 * @param known the tags of each repository, with their digests
 * @param startedAt when the repositories were read, in milliseconds since the epoch
 */
export function watchPushes(
  { store, registry: { api, manifests } }: RetentionParts,
  deletions: readonly Deletion[],
  known: ReadonlyMap<string, ReadonlyMap<string, string>>,
  startedAt: number,
): PushWatch {
  const planned = new Set(deletions.map(({ digest }) => digest));
  const watched = new Map<string, { readonly needed: Set<string>; nextListAt: number }>();

  /** Adds a manifest that was pushed, and all that it contains or refers to. */
  const add = async (repository: string, digest: string, needed: Set<string>): Promise<void> => {
    if (needed.has(digest)) return;
    needed.add(digest);
    try {
      const { children, subject } = await manifests.read(repository, digest, digest);
      for (const child of children) await add(repository, child, needed);
      if (subject !== undefined) needed.add(subject);
    } catch (error) {
      if (!isMissing(error)) throw error;
    }
  };

  return {
    find: async (repository) => {
      const state = watched.get(repository) ?? { needed: new Set(), nextListAt: 0 };
      watched.set(repository, state);
      const tags = known.get(repository) ?? new Map<string, string>();
      const digests = new Set(tags.values());
      const pushed = await store.usage.pushedSince(repository, startedAt - clockToleranceMs);
      // The plan contains nothing that was pushed within 24 hours. What it keeps may have been pushed before the check.
      for (const digest of pushed)
        if (planned.has(digest) || !digests.has(digest)) await add(repository, digest, state.needed);
      if (performance.now() >= state.nextListAt) {
        const begin = performance.now();
        for (const tag of await listTags(api, repository)) {
          if (tags.has(tag)) continue;
          const digest = await orMissing(api.digestOf(repository, tag));
          if (digest !== undefined) await add(repository, digest, state.needed);
        }
        const took = performance.now() - begin;
        state.nextListAt = performance.now() + Math.max(listEveryMs, restFactor * took);
      }
      return state.needed;
    },
  };
}
