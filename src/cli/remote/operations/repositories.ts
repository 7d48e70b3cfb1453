import { noSuchImage } from '../../../registry/api-errors.ts';
import { formatReference, isMissing } from '../../../registry/api-client.ts';
import type { Repositories } from '../../administration/observation.ts';
import { pathOf, type ApiClient } from '../api-client.ts';

/** The images of the registry of a server, through the administration API. */
export function remoteRepositories(api: ApiClient): Repositories {
  const { host } = new URL(api.origin);
  /** Replaces the error for a missing image, because the text of the API is for programs. */
  const orMissing = async <Result>(what: string, work: Promise<Result>): Promise<Result> => {
    try {
      return await work;
    } catch (error) {
      throw isMissing(error) ? noSuchImage(host, what) : error;
    }
  };
  const tags = (repository: string) =>
    orMissing(`the repository ${repository}`, api.list(pathOf('repositories', repository, 'tags')));
  return {
    origin: api.origin,
    list: async () => (await api.list('/repositories')).map((item) => item.text('name')),
    tags: async (repository) => (await tags(repository)).map((item) => item.text('name')),
    digestOf: async (repository, reference) => {
      const path = pathOf('repositories', repository, 'manifests', reference);
      return (await orMissing(formatReference(repository, reference), api.get(path))).text('digest');
    },
    tagsOf: async (repository, digest) =>
      (await tags(repository))
        .filter((item) => item.textOrNull('digest') === digest)
        .map((item) => item.text('name')),
    deletionOf: async (repository, tag) => {
      const path = pathOf('repositories', repository, 'tags', tag, 'deletion');
      const found = await orMissing(formatReference(repository, tag), api.get(path));
      return {
        digest: found.text('digest'),
        deletesImage: found.boolean('deletesImage'),
        deleted: found.texts('deleted'),
        kept: found.texts('kept'),
      };
    },
    deleteTag: async (repository, tag, siblings) => {
      const path = pathOf('repositories', repository, 'tags', tag);
      const request = { isChange: false, query: { siblings: String(siblings) } };
      await orMissing(formatReference(repository, tag), api.send('DELETE', path, request));
    },
    delete: async (repository, digest) => {
      const path = pathOf('repositories', repository, 'manifests', digest);
      await orMissing(formatReference(repository, digest), api.send('DELETE', path, { isChange: false }));
    },
  };
}
