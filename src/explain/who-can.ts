import type { Config } from '../config/load.ts';
import { policySettings } from '../config/policy-settings.ts';
import { sampleAddresses } from '../net/sample-addresses.ts';
import { parseTrustedProxies } from '../net/trusted-proxies.ts';
import { decide, type Grant, type Reason } from '../policy/decide.ts';
import { foldName } from '../policy/fold-name.ts';
import { compilePattern, matches } from '../policy/pattern.ts';
import type { Action } from '../policy/rights.ts';
import type { Rule } from '../policy/rule.ts';
import { resolveRealm, type RealmSettings } from '../realm/resolve-realm.ts';
import type { Realm } from '../realm/realm.ts';
import { parseScope } from '../scope/parse-scopes.ts';
import type { Ports } from '../store/store.ts';
import { describeDecider } from './explain.ts';
import { listLogins, type Login } from './list-logins.ts';

export interface WhoCanQuestion {
  readonly repository: string;
  /**
   * If this is an action, only logins that may do it are listed. If undefined, all logins that may do any action are
   * listed.
   */
  readonly action: Action | undefined;
  /** The address of the client. If undefined, every network in the rules is considered. */
  readonly address: string | undefined;
}

/** What one login may do on a repository, and why. `grant who --json` prints this object unchanged. */
export interface Access {
  readonly name: string;
  readonly kind: Login['kind'];
  readonly user?: string;
  readonly domain: Realm['kind'];
  readonly actions: readonly Action[];
  readonly reason: Reason;
  /** The settings, roles, grants and rules that determine `actions`, each as text. */
  readonly by: readonly string[];
  /**
   * The client addresses that have this access, as groups. Addresses are in one group if they are in the same networks
   * that rules name. A group is stored as the list of these networks, so the empty list is the group of the addresses
   * that are in none of them. Null if the access does not depend on the address.
   */
  readonly from: readonly (readonly string[])[] | null;
}

/**
 * Lists who may do what on a repository. For each login and each kind of domain, this function calls `decide`, as the
 * server does, so that the list always agrees with the decisions of the server.
 * @param now milliseconds since the epoch
 */
export async function whoCan(
  { repository, action, address }: WhoCanQuestion,
  ports: Ports,
  config: Config,
  now: number,
): Promise<Access[]> {
  const { realms, policy } = policySettings(config);
  const scope = parseScope(`repository:${repository}:${action ?? 'pull,push,delete,*'}`);
  const clients = address === undefined ? clientsOf(policy.rules.rules, repository) : [{ address, from: [] }];
  const logins = await listLogins(ports, config, now);
  const accesses: Access[] = [];
  for (const realm of realmsOf(realms)) {
    // Under a public domain, everyone who is logged in may pull what anyone may pull. This is one entry, not one for
    // each user.
    let everyone: string | undefined;
    for (const { subject, ...login } of logins) {
      const grants = clients.map(
        (client) => [client, decide(subject, realm, [scope], policy, client.address)[0] as Grant] as const,
      );
      const found = grants.filter(
        ([, { actions }]) => actions.length > 0 && (action === undefined || actions.includes(action)),
      );
      const byGrant = Map.groupBy(found, ([, grant]) => JSON.stringify(viewOf(grant)));
      const key = JSON.stringify([...byGrant].map(([view, clients]) => [view, clients.length]));
      if (realm.kind === 'public' && subject.kind === 'anonymous') everyone = key;
      else if (realm.kind === 'public' && key === everyone) continue;
      for (const same of byGrant.values()) {
        const [[, grant]] = same as [(typeof same)[number]];
        const from = same.length === clients.length ? null : same.map(([client]) => client.from);
        accesses.push({ ...login, domain: realm.kind, ...viewOf(grant), from });
      }
    }
  }
  return accesses;
}

function viewOf({ actions, reason, deciders }: Grant): Pick<Access, 'actions' | 'reason' | 'by'> {
  return { actions, reason, by: deciders.map(describeDecider) };
}

/** Returns one realm for each kind of domain (public or private) that clients can reach. */
export function realmsOf(settings: RealmSettings): Realm[] {
  const host = { name: 'registry.invalid', port: undefined };
  if (settings.externalHost !== undefined) return [resolveRealm(host, settings)];
  const privateRealm: Realm = { kind: 'private', host, because: 'not a public domain' };
  return settings.publicDomains.length === 0
    ? [privateRealm]
    : [{ kind: 'public', host, because: 'public domain' }, privateRealm];
}

export interface Client {
  readonly address: string;
  /** The networks of rules that contain the address. */
  readonly from: readonly string[];
}

/**
 * Returns example clients. The networks in the rules for this repository can overlap. For each combination of networks
 * that contains any address, the result has one client whose address is in exactly these networks.
 */
export function clientsOf(rules: readonly Rule[], repository: string): Client[] {
  const texts = [
    ...new Set(rules.filter((rule) => mayMatch(rule, repository)).flatMap(({ from }) => from?.texts ?? [])),
  ];
  const networks = texts.map((text) => ({ text, peers: parseTrustedProxies([text]) }));
  const clients = new Map<string, Client>();
  for (const address of sampleAddresses(texts)) {
    const from = networks
      .filter(({ peers }) => typeof peers !== 'string' && peers.contains(address))
      .map(({ text }) => text);
    const key = from.join(' ');
    if (!clients.has(key)) clients.set(key, { address, from });
  }
  return [...clients.values()];
}

/**
 * Returns true if the rule may apply to the repository. If a pattern contains variables, the result is true, because it
 * may match for some user. Deny rules do not distinguish upper and lower case, so this function does not do so for any
 * rule.
 */
export function mayMatch({ on }: Rule, repository: string): boolean {
  const folded = foldName(repository);
  return on.some(
    ({ pattern, text }) => pattern === undefined || matches(compilePattern(foldName(text)), folded),
  );
}
