import type { Policy } from '../policy/decide.ts';
import { createRuleIndex } from '../policy/rule-index.ts';
import { parseHost } from '../net/host.ts';
import { loginHost } from '../realm/client-address.ts';
import type { RealmSettings } from '../realm/resolve-realm.ts';
import type { Settings } from './schema.ts';

/**
 * Returns the settings that decide whether a request belongs to the public or the private realm, and which access it
 * gets. The server and the command `explain` both call this function, so that `explain` shows the same decision that
 * the server makes.
 */
export function policySettings(settings: Settings): {
  readonly service: string;
  readonly realms: RealmSettings;
  readonly policy: Policy;
} {
  const { service, publicDomains, externalUrl, publicRepositories, catalog, publicCatalog, policy, up } =
    settings;
  const edge = { port: up.port, isPlain: up.tls === 'off' };
  return {
    service,
    realms: {
      publicDomains,
      externalHost: externalUrl ? parseHost(externalUrl.host) : undefined,
      loginHost: loginHost(up.privateDomains, edge),
    },
    policy: { publicRepositories, catalog, publicCatalog, rules: createRuleIndex(policy) },
  };
}
