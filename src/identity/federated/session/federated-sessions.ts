import { randomBytes } from 'node:crypto';
import type { Clock } from '../../../clock.ts';
import { formatHost } from '../../../net/host.ts';
import type { FederatedSubject } from '../../../policy/subject.ts';
import type { Realm } from '../../../realm/realm.ts';
import type { Secret } from '../../../secret.ts';
import type { FederatedSession, FederatedSessions } from '../../../store/store.ts';
import { findRule } from '../../../trust/find-rule.ts';
import type { TrustRule } from '../../../trust/trust-rule.ts';
import type { Caller } from '../../authenticator.ts';
import type { LastUseRecorder } from '../../token/last-use.ts';
import { refreshTokenBytes } from '../../token/refresh-token-kind.ts';
import { createSecretToken, parseSecretToken } from '../../token/secret-token.ts';
import { parseRefreshToken, sessionEnded, type SessionClient } from '../../token/sessions.ts';
import { federatedSubject } from '../federated-subject.ts';

export interface FederatedSessionSettings {
  /** If false, no refresh tokens are issued, and refresh tokens that were issued earlier are rejected. */
  readonly enabled: boolean;
  readonly service: string;
  /** The trust rules in force, in the order in which they are tried. */
  readonly rules: () => Promise<readonly TrustRule[]>;
}

export interface FederatedSessionParts {
  readonly sessions: Pick<FederatedSessions, 'find' | 'add' | 'removeExpired'>;
  /** `sessions.find`, cached until the store changes. */
  readonly find: FederatedSessions['find'];
  readonly lastUses: Pick<LastUseRecorder, 'record'>;
  readonly clock: Clock;
  /** Removes the session from the store and writes an audit event. */
  readonly remove: (session: FederatedSession, client: SessionClient) => Promise<void>;
  /** Ends the oldest sessions of a rule if there are too many, see `createFederatedSessionLimit`. */
  readonly limitSessions: (session: FederatedSession, client: SessionClient) => Promise<void>;
  /** Called if a write to the store fails. The failure does not stop the login. */
  readonly onFailure: (message: string, error: unknown) => void;
}

/** Sessions of jobs that have logged in with a JWT. Each session has one refresh token. */
export interface FederatedLoginSessions {
  /** Starts a session. Returns undefined if the trust rule or the settings allow none. */
  begin(subject: FederatedSubject, realm: Realm, client: SessionClient): Promise<Secret | undefined>;
  /** @throws DockpassError `invalid_grant`, with the same message for each reason */
  resume(text: Secret, realm: Realm, caller: Caller): Promise<FederatedSubject>;
  /** Revokes a refresh token. An unknown or expired one is no error (RFC 7009 section 2.2). */
  end(text: Secret, client: SessionClient): Promise<void>;
}

/** The shortest time between two removals of expired sessions, in seconds. */
const sweepInterval = 60 * 60;

/**
 * Creates the sessions of federated identities. A session is bound to its trust rule, to the service and to the host at
 * which it began. Its use does not prolong it (docs/adr/0061-sessions-of-federated-identities.md).
 * @returns a function that returns the sessions for one configuration
 */
export function createFederatedSessions(
  parts: FederatedSessionParts,
): (settings: FederatedSessionSettings) => FederatedLoginSessions {
  const { sessions, clock } = parts;
  const now = (): number => Math.floor(clock() / 1000);
  let sweptAt = 0;
  const sweep = (at: number): void => {
    if (at - sweptAt < sweepInterval) return;
    sweptAt = at;
    sessions
      .removeExpired(at)
      .catch((error: unknown) =>
        parts.onFailure(
          'cannot remove expired sessions of federated identities from the store; dockpass tries again after an hour',
          error,
        ),
      );
  };

  return ({ enabled, service, rules }) => ({
    begin: async (subject, realm, client) => {
      const { login } = subject;
      if (!enabled || login === undefined) return undefined;
      const rule = (await rules()).find(({ name }) => name === subject.name);
      if (rule === undefined) return undefined;
      const at = now();
      const expiresAt = firstEnd(rule, at, login.expiresAt);
      if (expiresAt <= at) return undefined;
      sweep(at);
      const { text, token } = createSecretToken('dpi_', refreshTokenBytes.federated);
      const session: FederatedSession = {
        hash: token.hash,
        id: randomBytes(6).toString('hex'),
        rule: rule.name,
        claims: login.claims,
        sources: login.sources,
        service,
        host: formatHost(realm.host),
        client: client.name,
        createdAt: at,
        expiresAt,
        lastUse: { at, from: client.address },
      };
      try {
        await sessions.add(session);
      } catch (error) {
        // As for users: a failure here does not stop the login. Without a refresh token, docker stores the JWT instead.
        parts.onFailure(
          'cannot store a refresh token of a federated identity; the login continues without a refresh token',
          error,
        );
        return undefined;
      }
      // The login does not wait for the end of other sessions.
      parts
        .limitSessions(session, client)
        .catch((error: unknown) =>
          parts.onFailure('cannot end the oldest sessions of a trust rule with too many sessions', error),
        );
      return text;
    },

    resume: async (text, realm, caller) => {
      const secret = enabled ? parseSecretToken(text.reveal()) : undefined;
      const session = secret && (await parts.find(secret.hash));
      if (session === undefined || session.service !== service || session.host !== formatHost(realm.host))
        throw sessionEnded(realm);
      const rule = findRule(await rules(), session);
      const reason = whyEnded(session, rule, now());
      if (rule === undefined || reason !== undefined)
        throw sessionEnded(realm, reason && `the session of ci:${session.rule} has ended: ${reason}`);
      parts.lastUses.record(session.hash, caller.address);
      return federatedSubject(rule, session.claims, 'refresh token');
    },

    end: async (text, client) => {
      const secret = parseRefreshToken(text);
      const session = secret && (await sessions.find(secret.hash));
      if (session !== undefined) await parts.remove(session, client);
    },
  });
}

/**
 * Returns when a session ends that begins now, in seconds since the epoch. At GitLab, `exp` of the JWT is the timeout
 * of the job, so the session never lasts longer.
 */
function firstEnd({ preset, session }: TrustRule, now: number, expiresAt: number): number {
  return preset === 'gitlab' ? Math.min(now + session, expiresAt) : now + session;
}

/**
 * Returns why a session has ended, or undefined if it goes on.
 * @param rule the rule in force that decides about the claims of the session
 */
function whyEnded(session: FederatedSession, rule: TrustRule | undefined, now: number): string | undefined {
  if (rule === undefined) return 'no trust rule matches the claims of its JWT any more';
  if (rule.name !== session.rule) return `now, the trust rule ${rule.name} matches the claims of its JWT`;
  if (rule.isPending) return 'the trust rule waits for confirmation';
  // A rule can have been given a shorter session since the login.
  const endsAt = Math.min(session.expiresAt, session.createdAt + rule.session);
  return now < endsAt ? undefined : `its time was over at ${new Date(endsAt * 1000).toISOString()}`;
}
