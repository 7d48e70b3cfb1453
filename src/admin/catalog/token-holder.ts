import { cacheUntilChanged } from '../../cache/until-changed.ts';
import type { Clock } from '../../clock.ts';
import { createAccountFinder, enabledSubject, toAccount } from '../../identity/account.ts';
import {
  accessTokenSubject,
  toKnownAccessToken,
  type KnownAccessToken,
} from '../../identity/token/access-token.ts';
import { compileRights } from '../../identity/token/token-rights.ts';
import { anonymous, type Subject, type UserSubject } from '../../policy/subject.ts';
import type { Store } from '../../store/store.ts';
import { parseClaimedRights, type CatalogClaim } from '../../token/catalog-claim.ts';
import type { RegistryToken } from '../../token/verify-token.ts';
import { versionOfRule, type TrustRule } from '../../trust/trust-rule.ts';

/** Finds the subject of a registry token with the rights that it has now. Undefined if it cannot log in any more. */
export type FindTokenHolder = (
  token: Pick<RegistryToken, 'subject' | 'issuedAt'>,
  claim: CatalogClaim,
  trustRules: () => Promise<readonly TrustRule[]>,
) => Promise<Subject | undefined>;

export interface TokenHolderParts {
  readonly store: Store;
  readonly clock: Clock;
  /** Finds a user of the htpasswd file who can log in. */
  readonly findHtpasswdUser: (name: string) => Promise<UserSubject | undefined>;
}

/**
 * Creates the function that finds the subject of a registry token again, by the credential that the token names. Users,
 * access tokens and robots that were created after the token do not count: they are others with the same name.
 */
export function createFindTokenHolder({ store, clock, findHtpasswdUser }: TokenHolderParts): FindTokenHolder {
  const findUser = createAccountFinder(store);
  const findRobot = cacheUntilChanged(store, (name) => store.robots.find(name));
  const findAccessToken = cacheUntilChanged(store, async (id): Promise<KnownAccessToken | undefined> => {
    const [user = '', name = ''] = splitId(id);
    const hash = (await store.accessTokens.find(user, name))?.hash;
    const found = hash === undefined ? undefined : await store.accessTokens.findWithOwner(hash);
    return found && toKnownAccessToken(found.token, toAccount(found.owner));
  });
  const isOver = (expiresAt: number | null): boolean => expiresAt !== null && clock() >= expiresAt * 1000;

  return async ({ subject, issuedAt }, { by }, trustRules) => {
    switch (by.kind) {
      case 'anonymous':
        return anonymous;
      case 'user': {
        const account = await findUser(subject);
        return account !== undefined && account.createdAt <= issuedAt ? enabledSubject(account) : undefined;
      }
      case 'htpasswd':
        return findHtpasswdUser(subject);
      case 'access token': {
        const token = await findAccessToken(`${subject}\n${by.name}`);
        if (token?.owner === undefined || token.createdAt > issuedAt || isOver(token.expiresAt))
          return undefined;
        return accessTokenSubject(token, token.owner);
      }
      case 'robot': {
        const robot = await findRobot(subject);
        if (robot === undefined || robot.createdAt > issuedAt || robot.disabled || isOver(robot.expiresAt))
          return undefined;
        return { kind: 'robot', name: robot.name, rights: compileRights(robot.only) };
      }
      case 'ci': {
        const name = subject.replace(/^ci:/, '');
        const rule = (await trustRules()).find((other) => other.name === name);
        if (rule === undefined || rule.isPending || versionOfRule(rule) !== by.version) return undefined;
        const rights = parseClaimedRights(by.rights);
        return { kind: 'ci', name, rights, through: 'JWT' };
      }
    }
  };
}

/** Splits a key of the cache. No name contains a line feed. */
function splitId(id: string): readonly string[] {
  return id.split('\n');
}
