import {
  deleteManifest,
  deleteTag,
  previewTagDeletion,
  type DeletionParts,
} from '../../../admin/images/delete-image.ts';
import { openImageRegistry } from '../../../admin/images/image-registry.ts';
import { tagsOf } from '../../../admin/images/manifest-view.ts';
import { keyRingOptions, withKeys } from '../../../admin/keys/key-store.ts';
import { operatorTokens } from '../../../admin/operator-token.ts';
import { systemClock } from '../../../clock.ts';
import type { Config } from '../../../config/load.ts';
import { DockpassError } from '../../../errors.ts';
import { openKeyRing } from '../../../keys/open-key-ring.ts';
import { configuredRegistries } from '../../../registry/configured-registries.ts';
import type { Repositories } from '../observation.ts';

/**
 * Opens the keys and the registry, and calls `work` with the operations on the images of the registry, through its API.
 * The database is open until `work` ends.
 * @param registry the URL of the registry. Undefined for the registry in the configuration
 */
export async function withLocalRepositories<Result>(
  config: Config,
  registry: string | undefined,
  work: (repositories: Repositories) => Promise<Result>,
): Promise<Result> {
  const url = registry === undefined ? configuredRegistries(config)[0] : readUrl(registry);
  return withKeys(config, async (keys) => {
    const options = { ...(await keyRingOptions(keys, systemClock)), beforeNewAuthority };
    const ring = await openKeyRing(config.keys, systemClock, keys.keyStore, options);
    const tokens = operatorTokens(ring, config, systemClock);
    return work(
      repositoriesOf({
        registry: openImageRegistry(url, tokens, systemClock),
        store: keys.store,
        clock: systemClock,
      }),
    );
  });

  function beforeNewAuthority(): Promise<never> {
    // A new key would be useless, because no registry trusts it.
    throw new DockpassError(
      'key_files',
      `there are no keys in ${config.keys.directory}, so dockpass cannot log in to the registry. Run the command in the folder of your installation, or add --config FILE with its configuration file.`,
    );
  }
}

function repositoriesOf(parts: DeletionParts): Repositories {
  const { registry } = parts;
  return {
    origin: registry.origin,
    list: async () => (await registry.repositories.list()).names,
    tags: (repository) => registry.tagLists.read(repository, 0),
    digestOf: (repository, reference) => registry.api.digestOf(repository, reference),
    tagsOf: (repository, digest) => tagsOf(registry, repository, digest),
    deletionOf: (repository, tag) => previewTagDeletion(registry, repository, tag),
    deleteTag: (repository, tag, siblings) => deleteTag(parts, repository, tag, { siblings }),
    delete: (repository, digest, tags) => deleteManifest(parts, repository, digest, tags),
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
