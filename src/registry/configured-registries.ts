import type { Config } from '../config/load.ts';
import { formatListen } from '../net/listen-address.ts';

/**
 * Returns the base URLs of the registries to which dockpass itself sends requests. These are the URLs of the setting
 * `registries`. If that setting is empty, the only URL is that of the registry that `dockpass up` starts.
 */
export function configuredRegistries({
  registries: [first, ...others],
  up,
}: Pick<Config, 'registries' | 'up'>): readonly [URL, ...URL[]] {
  if (first !== undefined) return [first, ...others];
  const { host, port } = up.registryListen;
  // If the registry listens on all addresses, dockpass connects to the loopback address.
  const reached = host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host;
  return [new URL(`http://${formatListen({ host: reached, port })}`)];
}
