import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import { DockpassError } from '../../errors.ts';
import { formatHost } from '../../net/host.ts';
import type { Realm } from '../../realm/realm.ts';
import type { RefreshToken, RefreshTokens } from '../../store/store.ts';
import type { Caller } from '../authenticator.ts';
import type { LastUseRecorder } from './last-use.ts';
import { sessionEndsAt, type SessionLifetime } from './session-lifetime.ts';
import { looksLikeJwt } from './jwt-form.ts';
import { createSecretToken, parseSecretToken, type SecretToken } from './secret-token.ts';
import { refreshTokenBytes } from './refresh-token-kind.ts';
import type { Secret } from '../../secret.ts';
import type { FederatedSubject, Subject, UserSubject } from '../../policy/subject.ts';

export interface SessionSettings extends SessionLifetime {
  /** If false, no refresh tokens are issued, and refresh tokens that were issued earlier are rejected. */
  readonly enabled: boolean;
  readonly service: string;
}

/** The client that a refresh token is issued to. */
export interface SessionClient {
  readonly name: string;
  readonly address: string;
}

/**
 * Sessions of users and of federated identities. Each session has one refresh token, which Docker calls an identity
 * token and sends instead of the password.
 */
export interface Sessions {
  /**
   * Starts a session and returns its refresh token. Returns undefined if sessions are turned off, or if the subject did
   * not log in with a password from the store, or with a JWT whose trust rule allows sessions.
   */
  begin(subject: Subject, realm: Realm, client: SessionClient): Promise<Secret | undefined>;
  /**
   * Returns the user or the federated identity to whom a refresh token was issued.
   * @throws DockpassError `invalid_grant`, with the same message whether the token is unknown, expired or revoked
   */
  resume(text: Secret, realm: Realm, caller: Caller): Promise<UserSubject | FederatedSubject>;
  /**
   * Revokes a refresh token. Anyone who has the token may revoke it. Revoking an unknown or expired token is no error
   * (RFC 7009 section 2.2). Tokens can be revoked even if sessions are turned off, because another server on the same
   * database may still accept them.
   * @throws DockpassError `unsupported_token_type` if the text is another kind of token
   */
  end(text: Secret, client: SessionClient): Promise<void>;
}

/** The data that a login needs about a session: the refresh token and its user. */
export interface KnownSession {
  readonly token: RefreshToken;
  /** The user of the session. Undefined if the user is disabled. */
  readonly holder: UserSubject | undefined;
}

export interface SessionParts {
  readonly tokens: Pick<RefreshTokens, 'findByHash' | 'add' | 'removeExpired'>;
  /**
   * Finds a session by the hash of its refresh token. The function may use a cache, but the first call after a change
   * in the store must return the changed data.
   */
  readonly find: (hash: string) => Promise<KnownSession | undefined>;
  readonly lastUses: LastUseRecorder;
  readonly clock: Clock;
  /** Removes the token from the store and writes an audit event. */
  readonly remove: (token: RefreshToken, client: SessionClient) => Promise<void>;
  /** Ends the least recently used sessions of a user if there are too many, see `createSessionLimit`. */
  readonly limitSessions: (token: RefreshToken, client: SessionClient) => Promise<void>;
  /** Called if a write to the store fails. The failure does not stop the login. */
  readonly onFailure: (message: string, error: unknown) => void;
}

/** The shortest time between two removals of expired tokens, in seconds. */
const sweepInterval = 60 * 60;
/**
 * A refresh token stays in the store for at least this many seconds after it has expired. dockpass writes the time of
 * the last use to the store with a delay. So for a while, a token can look expired in the store although it was used in
 * time. This period prevents the removal of such a token.
 */
const sweepGracePeriod = 24 * 60 * 60;

/**
 * Creates the sessions for one service. A refresh token is valid only for its user, its service and the host at which
 * it was issued. The token is not rotated on use: docker does not store a new token, so rotation would end every
 * session.
 */
export function createServiceSessions(settings: SessionSettings, parts: SessionParts): Sessions {
  const { tokens, lastUses, clock } = parts;
  const now = (): number => Math.floor(clock() / 1000);
  let sweptAt = 0;

  const sweep = (at: number): void => {
    if (at - sweptAt < sweepInterval) return;
    sweptAt = at;
    const expiredAt = at - sweepGracePeriod;
    tokens
      .removeExpired({ expiredAt, lastUsedAt: expiredAt - settings.idle })
      .catch((error: unknown) =>
        parts.onFailure(
          'cannot remove expired refresh tokens from the store; dockpass tries again after an hour',
          error,
        ),
      );
  };
  const isActive = (token: RefreshToken, at: number): boolean => {
    const lastUse = Math.max(token.lastUse.at, lastUses.latestUseAt(token.hash) ?? 0);
    return at < sessionEndsAt(token, lastUse, settings);
  };
  const findActive = async (hash: string): Promise<KnownSession | undefined> => {
    const known = await parts.find(hash);
    if (known === undefined || isActive(known.token, now())) return known;
    // A use of the token changes the time of the last use in the store but not in the cache. So read the token from the
    // store before treating it as expired.
    const token = await tokens.findByHash(hash);
    return token !== undefined && isActive(token, now()) ? { ...known, token } : undefined;
  };

  return {
    begin: async (subject, realm, client) => {
      if (!settings.enabled || !canBeginSession(subject)) return undefined;
      const at = now();
      sweep(at);
      const { text, token } = createSecretToken('dpi_', refreshTokenBytes.user);
      const session: RefreshToken = {
        hash: token.hash,
        id: randomBytes(6).toString('hex'),
        user: subject.name,
        service: settings.service,
        host: formatHost(realm.host),
        client: client.name,
        createdAt: at,
        expiresAt: at + settings.absolute,
        lastUse: { at, from: client.address },
      };
      try {
        await tokens.add(session);
      } catch (error) {
        // A failure here, for example because the disk is full, does not stop the login. Without a refresh token,
        // docker stores the password instead.
        parts.onFailure('cannot store a refresh token; the login continues without a refresh token', error);
        return undefined;
      }
      // If the user has too many sessions, this call ends the least recently used ones. The login does not wait for it.
      parts
        .limitSessions(session, client)
        .catch((error: unknown) =>
          parts.onFailure('cannot end the oldest sessions of a user with too many sessions', error),
        );
      return text;
    },
    resume: async (text, realm, caller) => {
      const secret = settings.enabled ? parseSecretToken(text.reveal()) : undefined;
      const session = secret?.prefix === 'dpi_' ? await findActive(secret.hash) : undefined;
      if (session?.holder === undefined) throw sessionEnded(realm);
      const { token, holder } = session;
      if (token.service !== settings.service || token.host !== formatHost(realm.host))
        throw sessionEnded(realm);
      lastUses.record(token.hash, caller.address);
      return { ...holder, through: 'refresh token' };
    },
    end: async (text, client) => {
      const secret = parseRefreshToken(text);
      const token = secret && (await tokens.findByHash(secret.hash));
      if (token !== undefined) await parts.remove(token, client);
    },
  };
}

/**
 * Returns true if the subject may begin a session. Only a user who logged in with a password from the store may do so.
 * The client can then store the refresh token instead of the password. Other logins cannot begin a session, for these
 * reasons:
 * - Access tokens, robot secrets and refresh tokens can expire. The new session could remain valid after that.
 * - Users of an htpasswd file are not in the store. If such a user were removed from the file, the session would not
 *   end.
 */
function canBeginSession(subject: Subject): subject is UserSubject {
  return subject.kind === 'user' && subject.through === 'password';
}

/**
 * Parses the text of a refresh token that is to be revoked. Returns undefined for a text that is no token at all.
 *
 * A request to revoke a registry token, which is a JWT, must be rejected: registries do not ask dockpass whether a
 * token was revoked, so they accept it until it expires. Status 200 would wrongly tell the client that the token was
 * revoked.
 * @throws DockpassError `unsupported_token_type`
 */
export function parseRefreshToken(text: Secret): SecretToken | undefined {
  const secret = parseSecretToken(text.reveal());
  if (secret === undefined ? looksLikeJwt(text.reveal()) : secret.prefix !== 'dpi_')
    throw unsupportedTokenType();
  return secret;
}

function unsupportedTokenType(): DockpassError {
  return new DockpassError(
    'unsupported_token_type',
    'this endpoint revokes only refresh tokens. Registry tokens expire within minutes. To revoke an access token, run "dockpass token revoke"; to disable a robot, run "dockpass robot disable"',
  );
}

/**
 * Returns the error for a refresh token that is not valid. Its message is always the same.
 * @param auditDetail why, for administrators
 */
export function sessionEnded(realm: Realm, auditDetail?: string): DockpassError {
  return new DockpassError(
    'invalid_grant',
    `this session has ended; log in again: docker login ${formatHost(realm.host)}`,
    { auditDetail },
  );
}
