import { operatorTokens } from '../../../admin/operator-token.ts';
import { withKeyRing } from '../../../admin/keys/key-store.ts';
import { systemClock } from '../../../clock.ts';
import type { Config } from '../../../config/load.ts';
import { scratch } from '../../../doctor/scratch.ts';
import { DockpassError } from '../../../errors.ts';
import { registryApi, type RegistryApi } from '../../../registry/api-client.ts';
import { configuredRegistries } from '../../../registry/configured-registries.ts';
import type { Repositories } from '../observation.ts';

/**
 * The images of a registry, through the API of this registry.
 * @param registry the URL of the registry. Undefined for the registry in the configuration
 */
export async function localRepositories(config: Config, registry: string | undefined): Promise<Repositories> {
  const url = registry === undefined ? configuredRegistries(config)[0] : readUrl(registry);
  const tokens = await withKeyRing(config, systemClock, (keys) => operatorTokens(keys, config, systemClock), {
    beforeNewAuthority: async () => {
      // A new key would be useless, because no registry trusts it.
      throw new DockpassError(
        'key_files',
        `there are no keys in ${config.keys.directory}, so dockpass cannot log in to the registry. Run the command in the folder of your installation, or add --config FILE with its configuration file.`,
      );
    },
  });
  const api = registryApi(url, tokens);
  return {
    origin: url.origin,
    list: async () => {
      const names = await api.repositories();
      const isEmptyScratch = names.includes(scratch) && !(await hasTags(api, scratch));
      return isEmptyScratch ? names.filter((name) => name !== scratch) : names;
    },
    tags: (repository) => api.tags(repository),
    digestOf: (repository, reference) => api.digestOf(repository, reference),
    tagsOf: (repository, digest) => tagsOf(api, repository, digest),
    delete: (repository, digest) => api.deleteManifest(repository, digest),
  };
}

function readUrl(text: string): URL {
  const url = URL.canParse(text) ? new URL(text) : undefined;
  if (url !== undefined && /^https?:$/.test(url.protocol)) {
    if (url.username === '' && url.password === '') return url;
    throw new DockpassError(
      'bad_usage',
      '--registry must not contain a user name or a password: dockpass uses a token of its own',
    );
  }
  throw new DockpassError('bad_usage', `--registry must be a URL such as http://127.0.0.1:5000, not ${text}`);
}

/** A registry lists a repository for ever, even if all its images are deleted, such as that of doctor. */
async function hasTags(api: RegistryApi, repository: string): Promise<boolean> {
  return api.tags(repository).then(
    (tags) => tags.length > 0,
    () => false,
  );
}

/** Returns the tags in the repository that refer to the image with this digest. */
async function tagsOf(api: RegistryApi, repository: string, digest: string): Promise<string[]> {
  const tags = await api.tags(repository);
  const found: string[] = [];
  for (let start = 0; start < tags.length; start += parallelRequests) {
    const group = tags.slice(start, start + parallelRequests);
    const digests = await Promise.all(group.map((tag) => digestIfThere(api, repository, tag)));
    found.push(...group.filter((_, index) => digests[index] === digest));
  }
  return found;
}

const parallelRequests = 16;

/** Returns the digest of a tag, or undefined if the tag or its manifest was deleted after the list of tags was read. */
async function digestIfThere(api: RegistryApi, repository: string, tag: string): Promise<string | undefined> {
  try {
    return await api.digestOf(repository, tag);
  } catch (error) {
    if (error instanceof DockpassError && error.code === 'no_such_image') return undefined;
    throw error;
  }
}
