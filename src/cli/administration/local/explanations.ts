import type { Config } from '../../../config/load.ts';
import { policySettings } from '../../../config/policy-settings.ts';
import { explain, type ExplainedSubject } from '../../../explain/explain.ts';
import { explainEvents } from '../../../explain/explain-events.ts';
import { findSubject } from '../../../explain/find-subject.ts';
import { parseHost } from '../../../net/host.ts';
import type { Store } from '../../../store/store.ts';
import { currentConfig } from '../../running/current-config.ts';
import type { Explanations } from '../observation.ts';

/** Explains requests with the configuration in force and with the database. */
export function localExplanations(store: Store, local: Config): Explanations {
  return {
    events: (id) => explainEvents(id, store, Date.now()),
    request: async ({ host, scopes, user, token, address }) => {
      const { config } = await currentConfig(local);
      const who: ExplainedSubject =
        user === undefined
          ? { kind: 'anonymous' }
          : await findSubject(user, token, store, config, Date.now());
      const { issuer, service, tokens } = config;
      return explain(
        { host: parseHost(host), address, scopes, who },
        { ...policySettings(config), tokens: { issuer, service, ...tokens } },
      );
    },
  };
}
