import type { Clock } from '../../clock.ts';
import { DockpassError, messageOf } from '../../errors.ts';
import { firstIndex } from '../../policy/pullable-repositories.ts';
import { isMissing, type RegistryApi } from '../../registry/api-client.ts';
import { scratch } from '../../registry/scratch-repository.ts';
import { isRepositoryName } from '../../scope/parse-scopes.ts';

/** The repositories of the registry, as dockpass knows them. */
export interface RepositoryList {
  /** The names in the order of `<`, without duplicates. The array is never changed; a newer list is another array. */
  readonly names: readonly string[];
  /** When the registry was asked for this list, in milliseconds since the epoch. */
  readonly readAt: number;
  /** Why a newer list could not be read. Undefined if the last attempt succeeded. */
  readonly problem: DockpassError | undefined;
}

export interface RepositorySource {
  /**
   * Returns the list of all repositories. The registry is asked only if the list in memory is older than ten seconds.
   * All callers share one read. If the registry does not answer, the last list stays in use.
   * @throws DockpassError `registry_unreachable`, `registry_refused` if no list was ever read
   */
  list(): Promise<RepositoryList>;
  /** Adds repositories to which an image was pushed, so that they are listed at once. */
  add(names: readonly string[]): void;
}

/** How long a list is used before the registry is asked again, in milliseconds. */
const maxAgeMs = 10_000;
/**
 * After a read that took long, the registry rests for this many times the duration of the read, so that a registry with
 * very many repositories does not list them all the time.
 */
const restFactor = 4;
/** Up to this number of repositories, callers wait for a newer list. With more, they get the last list at once. */
const maxNamesToWaitFor = 10_000;
/** The longest time for which a caller that could get the last list waits for a newer one, in milliseconds. */
const maxWaitMs = 2_000;

/** Creates a source of the repositories of one registry. It does nothing until the first call. */
export function createRepositorySource(
  api: Pick<RegistryApi, 'repositories' | 'tags'>,
  clock: Clock,
): RepositorySource {
  let last: RepositoryList | undefined;
  let reading: Promise<RepositoryList> | undefined;
  /** The time of `performance.now()` at which the registry may be asked again. It ignores changes of the clock. */
  let nextReadAt = -Infinity;
  /** The names that were added while the registry was read. Its answer may be older than they are. */
  let addedMeanwhile: readonly string[] = [];

  const read = async (): Promise<RepositoryList> => {
    const startedAt = performance.now();
    const readAt = clock();
    addedMeanwhile = [];
    try {
      const names = await readNames(api);
      last = { names: withNames(names, addedMeanwhile), readAt, problem: undefined };
      return last;
    } catch (error) {
      const problem =
        error instanceof DockpassError
          ? error
          : new DockpassError('registry_refused', messageOf(error), { cause: error });
      if (last === undefined) throw problem;
      last = { ...last, problem };
      return last;
    } finally {
      reading = undefined;
      const took = performance.now() - startedAt;
      // Without any list, the next caller may try again at once.
      if (last !== undefined) nextReadAt = performance.now() + Math.max(maxAgeMs - took, restFactor * took);
    }
  };

  return {
    add: (names) => {
      const added = names.filter((name) => name !== scratch && isRepositoryName(name));
      if (reading !== undefined) addedMeanwhile = [...addedMeanwhile, ...added];
      // Without a list, the first caller reads the whole list.
      if (last !== undefined) last = { ...last, names: withNames(last.names, added) };
    },
    list: () => {
      if (last !== undefined && performance.now() < nextReadAt) return Promise.resolve(last);
      reading ??= read();
      if (last === undefined) return reading;
      // `read` does not reject if there is a list.
      if (last.names.length > maxNamesToWaitFor) return Promise.resolve(last);
      return firstOf(reading, last);
    },
  };
}

/** Adds names to a sorted list. Returns the same list if it has them all. */
function withNames(sorted: readonly string[], names: readonly string[]): readonly string[] {
  const missing = names.filter((name) => sorted[firstIndex(sorted, (other) => other >= name)] !== name);
  return missing.length === 0 ? sorted : [...new Set([...sorted, ...missing])].sort();
}

/** Returns the newer list if it arrives in time, else the last one. */
async function firstOf(newer: Promise<RepositoryList>, last: RepositoryList): Promise<RepositoryList> {
  let timer: NodeJS.Timeout | undefined;
  const waited = new Promise<RepositoryList>((resolve) => {
    timer = setTimeout(() => resolve(last), maxWaitMs);
  });
  try {
    return await Promise.race([newer, waited]);
  } finally {
    clearTimeout(timer);
  }
}

async function readNames(api: Pick<RegistryApi, 'repositories' | 'tags'>): Promise<readonly string[]> {
  // A name that no client can request, for example because another program wrote into the storage, is left out. It
  // would become part of a URL.
  const names = (await api.repositories()).filter(isRepositoryName);
  const isEmptyScratch = names.includes(scratch) && !(await hasTags(api, scratch));
  return (isEmptyScratch ? names.filter((name) => name !== scratch) : names).sort();
}

/** A registry keeps listing a repository if all its images are deleted, such as that of doctor. */
async function hasTags(api: Pick<RegistryApi, 'tags'>, repository: string): Promise<boolean> {
  try {
    return (await api.tags(repository)).length > 0;
  } catch (error) {
    if (isMissing(error)) return false;
    throw error;
  }
}
