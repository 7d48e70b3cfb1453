import type { Registry } from '../context.ts';
import { noFindings, warning } from '../finding.ts';
import { createProbe } from '../probe.ts';
import { registryAnswers } from './registry-answers.ts';

/**
 * Checks that the registry does not remember which blobs it has (`storage.cache.blobdescriptor`), if it may delete
 * images. Configurations of earlier versions of dockpass contain this setting.
 */
export const registryCachesBlobs = createProbe<Registry, undefined>({
  after: [registryAnswers],
  measure: async () => undefined,
  judge: (_, { file }) => {
    if (file?.cachesBlobs !== true || !file.deletes) return noFindings;
    return warning('registry_caches_blobs', {
      problem: `${file.origin} has storage.cache, and images can be deleted.`,
      impact:
        'After garbage collection, the registry takes deleted layers for present until it is restarted. Clients then skip these layers when they push, and the pushed images are incomplete.',
      fix: `In ${file.path}, remove storage.cache, or set REGISTRY_STORAGE_CACHE_BLOBDESCRIPTOR=none in the environment of the registry. Then restart the registry.`,
    });
  },
});
