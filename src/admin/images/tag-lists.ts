import { createLru } from '../../cache/lru.ts';
import { wholeTag, type RegistryApi } from '../../registry/api-client.ts';

export interface TagLists {
  /**
   * Returns the tags of a repository in the order of `<`.
   * @param maxAgeMs a list that was read at most so long ago is good enough; 0 reads it again
   * @throws DockpassError `no_such_image` if the repository does not exist
   */
  read(repository: string, maxAgeMs: number): Promise<readonly string[]>;
  /** Forgets the list of a repository, because it was changed. */
  forget(repository: string): void;
}

interface Entry {
  readonly readAt: number;
  readonly tags: Promise<readonly string[]>;
  isReading: boolean;
}

/** The number of repositories whose tags are cached. */
const maxRepositories = 500;

/** Creates a cache of the tags of repositories. Concurrent callers share one request. */
export function createTagLists(api: Pick<RegistryApi, 'tags'>): TagLists {
  const lists = createLru<Entry>(maxRepositories);
  return {
    read: (repository, maxAgeMs) => {
      const known = lists.get(repository);
      if (known !== undefined && (known.isReading || performance.now() - known.readAt < maxAgeMs))
        return known.tags;
      // A tag that no client can request would become part of a URL, so it is left out.
      const tags = api.tags(repository).then((all) => all.filter((tag) => wholeTag.test(tag)).sort());
      const entry: Entry = { readAt: performance.now(), tags, isReading: true };
      lists.set(repository, entry);
      tags.then(
        () => (entry.isReading = false),
        () => {
          if (lists.get(repository) === entry) lists.delete(repository);
        },
      );
      return tags;
    },
    forget: (repository) => lists.delete(repository),
  };
}
