import { keyRingOptions, openKeyStore } from '../../../admin/keys/key-store.ts';
import { applyPlan, findPlan } from '../../../admin/retention/apply-plan.ts';
import { makePlan } from '../../../admin/retention/make-plan.ts';
import { openRetention } from '../../../admin/retention/open-retention.ts';
import { planDetails } from '../../../admin/retention/plan-view.ts';
import type { RetentionParts } from '../../../admin/retention/retention-parts.ts';
import { systemClock } from '../../../clock.ts';
import type { Config } from '../../../config/load.ts';
import { DockpassError } from '../../../errors.ts';
import { openKeyRing } from '../../../keys/open-key-ring.ts';
import type { Store } from '../../../store/store.ts';
import { currentConfig } from '../../running/current-config.ts';
import type { RetentionOperations } from '../retention.ts';

/** Plans and applies in this process, with the configuration in force. */
export function localRetention(store: Store, local: Config): RetentionOperations {
  let opening: Promise<RetentionParts> | undefined;
  const open = (): Promise<RetentionParts> => (opening ??= openParts(store, local));
  return {
    plan: async (onProgress) => {
      const plan = await makePlan(await open(), {
        onProgress: (done, all) => onProgress(`${done} of ${all} repositories`),
      });
      return planDetails(plan);
    },
    find: async (id) => planDetails(await findPlan(store, id)),
    apply: async (id, onDeleted) =>
      applyPlan(await open(), id, { onDeleted: (_deletion, position) => onDeleted(position + 1) }),
  };
}

async function openParts(store: Store, local: Config): Promise<RetentionParts> {
  const { config } = await currentConfig(local);
  const keys = { keyStore: await openKeyStore(config, store), store };
  const ring = await openKeyRing(config.keys, systemClock, keys.keyStore, {
    ...(await keyRingOptions(keys, systemClock)),
    beforeNewAuthority: () => {
      // A new key would be useless, because no registry trusts it.
      throw new DockpassError(
        'key_files',
        `there are no keys in ${config.keys.directory}, so dockpass cannot log in to the registry. Run the command in the folder of your installation, or add --config FILE with its configuration file.`,
      );
    },
  });
  return openRetention(config, store, ring, systemClock);
}
