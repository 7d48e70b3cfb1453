import type { Config } from '../config/load.ts';
import { formatListen, localAddressOf } from '../net/listen-address.ts';

/**
 * Returns the base URLs of the registries to which dockpass itself sends requests. These are the URLs of the setting
 * `registries`. If that setting is empty, the only URL is that of the registry that `dockpass up` starts.
 */
export function configuredRegistries({
  registries: [first, ...others],
  up,
}: Pick<Config, 'registries' | 'up'>): readonly [URL, ...URL[]] {
  if (first !== undefined) return [first, ...others];
  // If the registry listens on all addresses, dockpass connects to the loopback address.
  return [new URL(`http://${formatListen(localAddressOf(up.registryListen))}`)];
}
