import type { Clock } from '../clock.ts';
import type { Config } from '../config/load.ts';
import { needsRestart, reloadedSettings } from '../config/reload.ts';
import { messageOf } from '../errors.ts';
import type { CurrentState, ServerState } from '../http/server-state.ts';
import { recordReload } from '../observe/audit/record-reload.ts';
import type { Log } from '../observe/log.ts';
import type { Store } from '../store/store.ts';

/** The part of the server state that is replaced when the configuration changes while the server runs. */
export interface ReloadableState {
  readonly current: CurrentState;
  /**
   * Applies a changed configuration completely, or not at all. Never throws.
   * @returns the new configuration, or undefined if the previous one stays in force
   */
  reload(load: () => Promise<Config>): Promise<Config | undefined>;
  /** Why the last reload failed; undefined if it succeeded. */
  fault(): string | undefined;
}

/**
 * Creates the state from the initial configuration.
 * @param createState creates the state from a configuration; if it throws, the previous state stays in force
 */
export function createReloadableState(
  initial: Config,
  createState: (config: Config) => ServerState,
  { store, clock, log }: { readonly store: Store; readonly clock: Clock; readonly log: Log },
): ReloadableState {
  let state = createState(initial);
  let configInForce = initial;
  let fault: string | undefined;
  return {
    current: () => state,
    fault: () => fault,
    reload: async (load) => {
      let config: Config;
      try {
        config = await load();
        state = createState(config);
      } catch (error) {
        fault = messageOf(error);
        log.error('invalid configuration; keeping the previous one', error);
        return undefined;
      }
      fault = undefined;
      log.info('configuration reloaded');
      const changed = reloadedSettings(configInForce, config);
      configInForce = config;
      if (changed.length > 0) await recordReload(store, clock, log, changed);
      const notApplied = needsRestart(initial, config);
      if (notApplied.length > 0) log.warn(`restart required to apply: ${notApplied.join(', ')}`);
      return config;
    },
  };
}
