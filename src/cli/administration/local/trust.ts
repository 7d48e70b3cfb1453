import {
  addTrustRule,
  confirmTrustRule,
  findTrustRule,
  listTrustRules,
  removeTrustRule,
} from '../../../admin/trust/rules.ts';
import { systemClock } from '../../../clock.ts';
import type { Config } from '../../../config/load.ts';
import type { Store } from '../../../store/store.ts';
import { currentConfig } from '../../running/current-config.ts';
import type { TrustOperations } from '../trust.ts';

/** The operations on the trust rules in the database, with the configuration in force. */
export function localTrust(store: Store, local: Config): TrustOperations {
  let reading: Promise<Config> | undefined;
  /** Reads the configuration once, because each reading says on stderr where the settings come from. */
  const readConfig = (): Promise<Config> => (reading ??= currentConfig(local).then(({ config }) => config));
  return {
    list: async () => listTrustRules(store, await readConfig()),
    find: async (text) => findTrustRule(store, await readConfig(), text),
    add: async (rule) => addTrustRule(store, systemClock, await readConfig(), rule),
    confirm: async (text) => confirmTrustRule(store, systemClock, await readConfig(), text),
    remove: async (text) => removeTrustRule(store, systemClock, await readConfig(), text),
    test: async (jwt, host) => {
      const { testInDatabase } = await import('./jwt-tester.ts');
      return testInDatabase(store, await readConfig(), jwt, host);
    },
  };
}
