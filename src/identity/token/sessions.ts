import { randomBytes } from 'node:crypto';
import type { Clock } from '../../clock.ts';
import { DockpassError } from '../../errors.ts';
import { formatHost } from '../../net/host.ts';
import type { Realm } from '../../realm/realm.ts';
import type { RefreshToken, RefreshTokens } from '../../store/store.ts';
import type { Caller } from '../authenticator.ts';
import type { LastUseRecorder } from './last-use.ts';
import { createSecretToken, parseSecretToken } from './secret-token.ts';
import type { Secret } from '../../secret.ts';
import type { Subject, UserSubject } from '../../policy/subject.ts';

export interface SessionSettings {
  /** False: none is given, and those given before are refused. */
  readonly enabled: boolean;
  /** Seconds without use after which one ends. */
  readonly idle: number;
  /** Seconds after which one ends however much it is used. */
  readonly absolute: number;
  readonly service: string;
}

/** What one is given to. */
export interface SessionClient {
  readonly name: string;
  readonly address: string;
}

/** Refresh tokens (docker: identity tokens), each of which stands for one login that goes on. */
export interface Sessions {
  /** Undefined where none is given: switched off, or not logged in with a password. */
  begin(subject: Subject, realm: Realm, client: SessionClient): Promise<Secret | undefined>;
  /** Who holds this token. @throws DockpassError `invalid_grant`, the same for every way of being no good */
  resume(text: Secret, realm: Realm, caller: Caller): Promise<UserSubject>;
  /**
   * Revokes it, for whoever holds it; what was never given or has ended is no error (RFC 7009 section 2.2). Also where
   * sessions are switched off: then it may be good elsewhere, on the same database.
   * @throws DockpassError `unsupported_token_type` for what cannot be ended here
   */
  end(text: Secret, client: SessionClient): Promise<void>;
}

/** A session as it is kept in memory. */
export interface KnownSession {
  readonly token: RefreshToken;
  /** Undefined where its user is disabled. */
  readonly holder: UserSubject | undefined;
}

export interface SessionParts {
  readonly tokens: Pick<RefreshTokens, 'findByHash' | 'add' | 'removeExpired'>;
  /** May answer from memory, as long as a change is seen with the next request. */
  readonly find: (hash: string) => Promise<KnownSession | undefined>;
  readonly lastUses: LastUseRecorder;
  readonly clock: Clock;
  /** Takes it out of the store, with a word in the audit log. */
  readonly remove: (token: RefreshToken, client: SessionClient) => Promise<void>;
  /** Told of failures that cost nobody their token. */
  readonly onFailure: (message: string, error: unknown) => void;
}

/** Seconds between two looks for expired ones. */
const sweepInterval = 60 * 60;
/** Seconds. What is swept has been refused for a day, so that no last use is still to be written. */
const sweepGracePeriod = 24 * 60 * 60;

/**
 * A refresh token is bound to its user, the service and the host under which it was given. It is not rotated on use:
 * docker never stores a changed one, so that rotating would log everybody out.
 */
export function createServiceSessions(settings: SessionSettings, parts: SessionParts): Sessions {
  const { tokens, lastUses, clock } = parts;
  const now = (): number => Math.floor(clock() / 1000);
  let sweptAt = 0;

  const sweep = (at: number): void => {
    if (at - sweptAt < sweepInterval) return;
    sweptAt = at;
    const dead = at - sweepGracePeriod;
    tokens
      .removeExpired({ expiredAt: dead, lastUsedAt: dead - settings.idle })
      .catch((error: unknown) => parts.onFailure('expired refresh tokens could not be removed', error));
  };
  const isAlive = (token: RefreshToken, at: number): boolean => {
    const lastUse = Math.max(token.lastUse.at, lastUses.latestUseAt(token.hash) ?? 0);
    return at < token.expiresAt && at < token.createdAt + settings.absolute && at < lastUse + settings.idle;
  };
  const findAlive = async (hash: string): Promise<KnownSession | undefined> => {
    const known = await parts.find(hash);
    if (known === undefined || isAlive(known.token, now())) return known;
    // Last uses are no counted change, so what is kept in memory may be old: only the store knows.
    const token = await tokens.findByHash(hash);
    return token !== undefined && isAlive(token, now()) ? { ...known, token } : undefined;
  };

  return {
    begin: async (subject, realm, client) => {
      if (!settings.enabled || !canBeginSession(subject)) return undefined;
      const at = now();
      sweep(at);
      // RFC 6749 section 10.10 wants it guessed with 2^-128 at most, better 2^-160.
      const { text, token } = createSecretToken('dpi_', 32);
      try {
        await tokens.add({
          hash: token.hash,
          id: randomBytes(6).toString('hex'),
          user: subject.name,
          service: settings.service,
          host: formatHost(realm.host),
          client: client.name,
          createdAt: at,
          expiresAt: at + settings.absolute,
          lastUse: { at, from: client.address },
        });
      } catch (error) {
        // A full disk must not stop logins: without a refresh token docker keeps the password.
        parts.onFailure('a refresh token could not be stored, so none was given', error);
        return undefined;
      }
      return text;
    },
    resume: async (text, realm, caller) => {
      const secret = settings.enabled ? parseSecretToken(text.reveal()) : undefined;
      const session = secret?.prefix === 'dpi_' ? await findAlive(secret.hash) : undefined;
      if (session?.holder === undefined) throw sessionEnded(realm);
      const { token, holder } = session;
      if (token.service !== settings.service || token.host !== formatHost(realm.host))
        throw sessionEnded(realm);
      lastUses.record(token.hash, caller.address);
      return { ...holder, through: 'refresh token' };
    },
    end: async (text, client) => {
      const secret = parseSecretToken(text.reveal());
      if (secret === undefined ? looksLikeSignedToken(text) : secret.prefix !== 'dpi_')
        throw unsupportedTokenType();
      const token = secret && (await tokens.findByHash(secret.hash));
      if (token !== undefined) await parts.remove(token, client);
    },
  };
}

/**
 * Only a password in the store, which is what a session spares, and with whose row it ends. One made from an access
 * token, a robot's secret or another session would outlive what it was made from; of users kept elsewhere there is no row.
 */
function canBeginSession(subject: Subject): subject is UserSubject {
  return subject.kind === 'user' && subject.through === 'password';
}

/** JWS compact serialization. To say 200 to it would be a lie: registries take it to its end. */
function looksLikeSignedToken(text: Secret): boolean {
  return /^eyJ[\w-]*\.[\w-]+\.[\w-]*$/.test(text.reveal());
}

function unsupportedTokenType(): DockpassError {
  return new DockpassError(
    'unsupported_token_type',
    'only refresh tokens are revoked here: registry tokens end by themselves within minutes; for the others there are "dockpass token revoke" and "dockpass robot"',
  );
}

function sessionEnded(realm: Realm): DockpassError {
  return new DockpassError(
    'invalid_grant',
    `this login has ended; log in again: docker login ${formatHost(realm.host)}`,
  );
}
