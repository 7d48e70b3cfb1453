import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import { configInForce, needsRestart } from '../config/reload.ts';
import { messageOf } from '../errors.ts';
import type { CurrentState, ServerState } from '../http/server-state.ts';
import type { Log } from '../observe/log.ts';
import type { Store } from '../store/store.ts';
import { recordReload } from './config-changes.ts';
import { requireUniqueTrustNames } from './trust-names.ts';

/** The part of the server state that the server replaces when the configuration changes. */
export interface ReloadableState {
  readonly current: CurrentState;
  /** Returns the configuration in force. Settings that need a restart keep the values of the start. */
  readonly config: () => Config;
  /**
   * Loads a changed configuration, and applies it completely or not at all. Never throws.
   * @returns the new configuration, or undefined if the server continues to use the previous configuration
   */
  reload(load: () => Promise<Config>): Promise<Config | undefined>;
  /** Returns why the last reload failed, or undefined if it succeeded. */
  fault(): string | undefined;
}

/**
 * Creates the reloadable state from the initial configuration.
 * @param createState creates the state from the configuration in force. If it throws during a reload, the server
 *   continues to use the previous state.
 */
export function createReloadableState(
  initial: Config,
  createState: (config: Config) => ServerState,
  { store, clock, log }: { readonly store: Store; readonly clock: Clock; readonly log: Log },
): ReloadableState {
  let state = createState(initial);
  let latest = initial;
  let inForce = initial;
  let fault: string | undefined;
  return {
    current: () => state,
    config: () => inForce,
    fault: () => fault,
    reload: async (load) => {
      let config: Config;
      let nextInForce: Config;
      try {
        config = await load();
        await requireUniqueTrustNames(store, config);
        nextInForce = configInForce(initial, config);
        state = createState(nextInForce);
      } catch (error) {
        fault = messageOf(error);
        log.error('invalid configuration; keeping the previous one', error);
        return undefined;
      }
      fault = undefined;
      log.info('configuration reloaded');
      const before = latest;
      latest = config;
      inForce = nextInForce;
      await recordReload({ store, clock, log }, before, config);
      const notApplied = needsRestart(initial, config);
      if (notApplied.length > 0) log.warn(`restart required to apply: ${notApplied.join(', ')}`);
      return config;
    },
  };
}
