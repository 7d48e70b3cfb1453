import { cacheUntilChanged } from '../../cache/until-changed.ts';
import type { Clock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import { importLate } from '../../errors.ts';
import type {
  Authenticator,
  AuthenticatorVerdict,
  Caller,
  TokenExchange,
} from '../../identity/authenticator.ts';
import type { Identify } from '../../identity/federated/identify.ts';
import type { FederatedLoginSessions } from '../../identity/federated/session/federated-sessions.ts';
import type { Throttle } from '../../identity/throttle/throttle.ts';
import { jwtStart } from '../../identity/token/jwt-form.ts';
import { isFederatedRefreshToken } from '../../identity/token/refresh-token-kind.ts';
import { sessionEnded, type Sessions } from '../../identity/token/sessions.ts';
import type { Log } from '../../observe/log.ts';
import type { Secret } from '../../secret.ts';
import type { Store } from '../../store/store.ts';
import type { TrustRule } from '../../trust/trust-rule.ts';
import type { OpenFederated } from './open-federated.ts';

/** How the server checks JWTs of CI platforms and clusters with one configuration. */
export interface FederatedLogins {
  /** Accepts a JWT in place of a password, with any user name. */
  readonly authenticator: Authenticator;
  readonly exchange: TokenExchange;
  /** Finds out who has sent a JWT, as a login does, but without a login. */
  readonly identify: Identify;
  /** Returns the trust rules in force, in the order in which they are tried. */
  readonly rules: () => Promise<readonly TrustRule[]>;
  /** Adds the sessions of federated identities to those of users. */
  withSessions(users: Sessions): Sessions;
}

export interface FederatedLoginFactory {
  /**
   * Returns the logins for this configuration. The configuration is a parameter, because a reload can change the trust
   * rules.
   */
  forConfig(config: Config): FederatedLogins;
  close(): Promise<void>;
}

const notMine: AuthenticatorVerdict = { verdict: 'not mine' };

/**
 * Creates the factory of the logins by JWT. Its code is loaded with the first text that begins like a JWT: if there
 * are no trust rules, nothing is loaded, and a text that looks like a JWT is a password like any other.
 */
export function createFederatedLogins(
  store: Store,
  clock: Clock,
  log: Log,
  throttle: Pick<Throttle, 'reject'>,
): FederatedLoginFactory {
  let opening: Promise<OpenFederated> | undefined;
  const open = (): Promise<OpenFederated> => {
    opening ??= importLate(() => import('./open-federated.ts')).then(({ openFederated }) =>
      openFederated(store, clock, log, throttle),
    );
    // A failure is not cached, so that the next request tries again.
    opening.catch(() => (opening = undefined));
    return opening;
  };

  return {
    forConfig: (config) => {
      const rules = readRules(store, config);
      let identifyByRules: Identify | undefined;
      const identify: Identify = async (jwt) => {
        identifyByRules ??= (await open()).identifyWith(rules);
        return identifyByRules(jwt);
      };
      const login = async (text: Secret, caller: Caller): Promise<AuthenticatorVerdict> => {
        if ((await rules()).length === 0) return notMine;
        return (await open()).login(text, caller, identify);
      };
      const { enabled } = config.tokens.refresh;
      const sessions = async (): Promise<FederatedLoginSessions> =>
        (await open()).sessionsFor({ enabled, service: config.service, rules });
      return {
        authenticator: async ({ password }, caller) =>
          password.reveal().startsWith(jwtStart) ? login(password, caller) : notMine,
        exchange: login,
        identify,
        rules,
        withSessions: (users) => ({
          begin: async (subject, realm, client) =>
            subject.kind === 'ci'
              ? (await sessions()).begin(subject, realm, client)
              : users.begin(subject, realm, client),
          resume: async (text, realm, caller) => {
            if (!isFederatedRefreshToken(text)) return users.resume(text, realm, caller);
            // Without trust rules, each of these sessions has ended.
            if ((await rules()).length === 0) throw sessionEnded(realm);
            return (await sessions()).resume(text, realm, caller);
          },
          end: async (text, client) =>
            isFederatedRefreshToken(text) ? (await sessions()).end(text, client) : users.end(text, client),
        }),
      };
    },
    close: async () => {
      await (await opening?.catch(() => undefined))?.close();
    },
  };
}

/**
 * Returns a function that reads the trust rules in force: those of the configuration, then those of the database. The
 * result is cached until the store changes.
 */
function readRules(store: Store, config: Config): () => Promise<readonly TrustRule[]> {
  const read = cacheUntilChanged(store, async (): Promise<readonly TrustRule[]> => {
    if (config.trust.length === 0 && (await store.trustRules.list()).length === 0) return [];
    const { readRulesInForce } = await importLate(() => import('../../admin/trust/rules-in-force.ts'));
    return readRulesInForce(store, config);
  });
  return () => read('');
}
