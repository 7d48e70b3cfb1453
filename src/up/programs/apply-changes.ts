import { isDeepStrictEqual } from 'node:util';
import type { TokenServer } from '../../app/server.ts';
import type { Config } from '../../config/load.ts';
import type { UpOptions } from '../options.ts';
import type { EdgeProgram } from './edge.ts';
import { reloadEdge, type RunningEdge } from './reload-edge.ts';

/**
 * The settings that the registry reads only when it starts. If dockpass used a changed value of such a setting while
 * the registry still uses the old value, the registry would reject every token.
 */
const registrySettings = ['service', 'issuer', 'externalUrl'] as const;

/**
 * Creates the function that applies a changed configuration to the running token server and to the running edge. The
 * created function also logs which changed settings need a restart. It never throws. If the token server or the edge
 * does not accept the change, the function logs the error.
 * @param prepare writes the configuration file of the edge
 */
export function createReloader(
  { config, reload, log }: Pick<UpOptions, 'config' | 'reload' | 'log'>,
  server: Pick<TokenServer, 'reload'>,
  startedEdge: RunningEdge,
  prepare: (config: Config) => Promise<EdgeProgram>,
): () => Promise<void> {
  let edge = startedEdge;

  const loadChanged = async (): Promise<Config> => {
    const changed = await reload();
    const ignored = registrySettings.filter((key) => !isDeepStrictEqual(config[key], changed[key]));
    if (ignored.length > 0) log.warn(`restart required to apply: ${ignored.join(', ')}`);
    const { service, issuer, externalUrl } = config;
    return { ...changed, service, issuer, externalUrl };
  };
  /**
   * Applies the public domains, the trusted proxies and the immutable tags to the running edge. The edge does not apply changes of its
   * ports and upstreams while it runs.
   */
  const applyToEdge = async ({ publicDomains, trustedProxies, immutableTags }: Config): Promise<void> => {
    try {
      const program = await prepare({ ...config, publicDomains, trustedProxies, immutableTags });
      if (program.text === edge.program.text) return;
      const changed = { program, child: edge.child };
      await reloadEdge(changed);
      edge = changed;
      log.info('the edge has loaded the changed configuration');
    } catch (error) {
      log.error(
        'the edge could not load the changed configuration. To apply the change, restart dockpass',
        error,
      );
    }
  };
  return async () => {
    const applied = await server.reload(loadChanged);
    if (applied !== undefined) await applyToEdge(applied);
  };
}
