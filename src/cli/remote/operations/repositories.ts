import type { Repositories } from '../../administration/observation.ts';
import { pathOf, type ApiClient } from '../api-client.ts';

/** The images of the registry of a server, through the administration API. */
export function remoteRepositories(api: ApiClient): Repositories {
  const tags = (repository: string) => api.list(pathOf('repositories', repository, 'tags'));
  return {
    origin: api.origin,
    list: async () => (await api.list('/repositories')).map((item) => item.text('name')),
    tags: async (repository) => (await tags(repository)).map((item) => item.text('name')),
    digestOf: async (repository, reference) =>
      (await api.get(pathOf('repositories', repository, 'manifests', reference))).text('digest'),
    tagsOf: async (repository, digest) =>
      (await tags(repository))
        .filter((item) => item.textOrNull('digest') === digest)
        .map((item) => item.text('name')),
    delete: async (repository, digest) => {
      await api.send('DELETE', pathOf('repositories', repository, 'manifests', digest), { isChange: false });
    },
  };
}
