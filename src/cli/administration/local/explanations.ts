import type { Config } from '../../../config/load.ts';
import { explainEventsById } from '../../../explain/explain-events.ts';
import { explainRequest } from '../../../explain/explain-request.ts';
import type { Store } from '../../../store/store.ts';
import { currentConfig } from '../../running/current-config.ts';
import type { Explanations } from '../observation.ts';

/** Explains requests with the configuration in force and with the database. */
export function localExplanations(store: Store, local: Config): Explanations {
  return {
    events: (id) => explainEventsById(id, store, Date.now()),
    request: async (question) => {
      const { withStoredRules } = await import('../../../admin/trust/rules-in-force.ts');
      const { config } = await currentConfig(local);
      const settings = await withStoredRules(store, config);
      const { withIdentify } = await import('./jwt-tester.ts');
      return withIdentify(store, config, (identify) =>
        explainRequest(question, store, settings, Date.now(), identify),
      );
    },
  };
}
