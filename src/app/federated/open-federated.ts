import { endFederatedSession, endOldestOfRule, type RevokingClient } from '../../admin/sessions.ts';
import { recordCandidate } from '../../admin/trust/candidate.ts';
import { cacheUntilChanged } from '../../cache/until-changed.ts';
import type { Clock } from '../../clock.ts';
import { createIdentify, type DeniedJwt, type Identify } from '../../identity/federated/identify.ts';
import { createJwtLogin, type JwtLogin } from '../../identity/federated/login/jwt-login.ts';
import {
  createFederatedSessions,
  type FederatedLoginSessions,
  type FederatedSessionSettings,
} from '../../identity/federated/session/federated-sessions.ts';
import {
  createFederatedSessionLimit,
  maxSessionsOfRule,
} from '../../identity/federated/session/session-limit.ts';
import { createJwtVerifier } from '../../identity/federated/verifier.ts';
import type { Throttle } from '../../identity/throttle/throttle.ts';
import { createLastUseRecorder } from '../../identity/token/last-use.ts';
import { oneAfterAnother } from '../../identity/one-after-another.ts';
import type { Log } from '../../observe/log.ts';
import type { FederatedSession, Store } from '../../store/store.ts';
import type { TrustRule } from '../../trust/trust-rule.ts';

/** The parts that check JWTs. They exist from the first JWT on, until the server stops. */
export interface OpenFederated {
  identifyWith(rules: () => Promise<readonly TrustRule[]>): Identify;
  readonly login: JwtLogin;
  sessionsFor(settings: FederatedSessionSettings): FederatedLoginSessions;
  close(): Promise<void>;
}

/** The number of sessions that are cached. Each has all claims of a JWT, so they are fewer than for users. */
const cachedSessions = 4000;

export function openFederated(
  store: Store,
  clock: Clock,
  log: Log,
  throttle: Pick<Throttle, 'reject'>,
): OpenFederated {
  const verifier = createJwtVerifier({ store, clock, log });
  const ruleUses = createLastUseRecorder(store.trustRuleUses.used, clock, (error) =>
    log.error('cannot write the last-use times of trust rules; trying again', error),
  );
  const sessionUses = createLastUseRecorder(store.federatedSessions.used, clock, (error) =>
    log.error('cannot write the last-use times of sessions of federated identities; trying again', error),
  );
  const onWaiting = ({ rule, claims }: DeniedJwt, { address }: { readonly address: string }): void => {
    if (rule === undefined || claims === undefined) return;
    recordCandidate(store, clock, rule.name, claims, address).catch((error: unknown) =>
      log.error(`cannot record a JWT that matches the waiting trust rule ${rule.name}`, error),
    );
  };

  const findExcess = createFederatedSessionLimit(store.federatedSessions, () => Math.floor(clock() / 1000));
  // One after the other, so that two logins at the same time do not both end the same number of sessions.
  const limitSessions = oneAfterAnother(async (session: FederatedSession, client: RevokingClient) => {
    const count = await findExcess(session);
    if (count > 0) await endOldestOfRule(store, clock, session.rule, count, maxSessionsOfRule, client);
  });

  return {
    identifyWith: (rules) => createIdentify({ rules, verifier }),
    login: createJwtLogin({ uses: ruleUses, throttle, onWaiting, clock }),
    sessionsFor: createFederatedSessions({
      sessions: store.federatedSessions,
      find: cacheUntilChanged(store, store.federatedSessions.find, cachedSessions),
      lastUses: sessionUses,
      clock,
      remove: (session, client) => endFederatedSession(store, clock, session, client),
      limitSessions,
      onFailure: log.error,
    }),
    close: async () => {
      await Promise.all([verifier.close(), ruleUses.close(), sessionUses.close()]);
    },
  };
}
