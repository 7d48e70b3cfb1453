import type { Clock } from '../clock.ts';
import { DockpassError } from '../errors.ts';
import { createSecretToken } from '../identity/token/secret-token.ts';
import { toCanonicalName, parseNewTokenName } from '../identity/user-name.ts';
import { formatPatternActions } from './rights/right-text.ts';
import type { Secret } from '../secret.ts';
import type { AccessToken, Label, OnlyRight, Ports, Store } from '../store/store.ts';
import { change, quoted, secondsOf } from './change.ts';
import { formatApi, formatLabel, parseLabel, withoutEmptyTexts } from './people/labels.ts';
import { findUser } from './users.ts';

export interface NewAccessToken extends Label {
  /** The name as a person typed it. The database stores it in lower case. */
  readonly name: string;
  /** The user of the token. A token never holds more rights than its user. */
  readonly user: string;
  /** Limits the token to these rights. If null, the token has all rights of its user. */
  readonly only: readonly OnlyRight[] | null;
  /** How long the token is valid, in seconds. If null, it never expires. */
  readonly expiresIn: number | null;
  /** If true, the administration API accepts the token. By default, it does not. */
  readonly api?: boolean;
}

/**
 * A new access token and its secret. The secret is shown only once, because the store contains only a hash of the
 * secret.
 */
export interface CreatedAccessToken {
  readonly token: AccessToken;
  readonly secret: Secret;
}

/** Creates an access token for a user. @throws DockpassError `bad_name`, `no_such_user`, `already_exists` */
export async function createAccessToken(
  store: Store,
  clock: Clock,
  { name: text, user: userText, only, expiresIn, api = false, ...texts }: NewAccessToken,
): Promise<CreatedAccessToken> {
  const [name, user] = [parseNewTokenName(text), toCanonicalName(userText)];
  const label = withoutEmptyTexts(parseLabel(texts));
  const createdAt = secondsOf(clock);
  const { text: secret, token: secretToken } = createSecretToken('dpp_', secretBytes);
  const token: AccessToken = {
    ...{ name, user, only, createdAt },
    hash: secretToken.hash,
    expiresAt: expiresIn === null ? null : createdAt + expiresIn,
    lastUse: null,
    ...(api && { api }),
    ...label,
  };
  const what = `access token ${name} of ${user} created with rights: ${formatPatternActions(only)}${formatApi(api)}${formatLabel(label)}`;
  await change(store, clock, { subject: user, what }, async (ports) => {
    await findUser(ports, userText);
    if (!(await ports.accessTokens.add(token))) throw tokenTaken(name, user);
  });
  return { token, secret };
}

/** The number of random bytes in a secret: 20 bytes are 160 bits. */
const secretBytes = 20;

/** Lists all access tokens, or those of one user. @throws DockpassError `no_such_user` */
export async function listAccessTokens(store: Ports, user?: string): Promise<AccessToken[]> {
  if (user === undefined) return store.accessTokens.list();
  return store.accessTokens.list((await findUser(store, user)).name);
}

/**
 * Finds an access token by its name and the name of its user.
 * @throws DockpassError `no_such_user`, `no_such_token`
 */
export async function findAccessToken(
  store: Ports,
  { name: text, user }: Pick<NewAccessToken, 'name' | 'user'>,
): Promise<AccessToken> {
  const name = toCanonicalName(text);
  const token = await store.accessTokens.find((await findUser(store, user)).name, name);
  if (token === undefined) throw noSuchToken(name, toCanonicalName(user));
  return token;
}

/**
 * Returns the id of an access token: its user and its name. It says nothing about the secret. The pair is unique, and
 * names contain no colon.
 */
export function accessTokenId({ user, name }: Pick<AccessToken, 'user' | 'name'>): string {
  return `${user}:${name}`;
}

/**
 * Finds an access token by its id.
 * @param user if given, only among the tokens of this user
 * @throws DockpassError `no_such_token`, also if the token is another user's
 */
export async function findAccessTokenById(
  { accessTokens }: Pick<Ports, 'accessTokens'>,
  id: string,
  user?: string,
): Promise<AccessToken> {
  const [ofUser = '', name = '', ...rest] = toCanonicalName(id).split(':');
  const isAllowed = rest.length === 0 && (user === undefined || user === ofUser);
  const token = isAllowed ? await accessTokens.find(ofUser, name) : undefined;
  if (token === undefined)
    throw new DockpassError(
      'no_such_token',
      `there is no access token ${quoted(id)}: run "dockpass token list" to see all tokens`,
    );
  return token;
}

/**
 * Revokes an access token. The server rejects the token from the next request on.
 * @returns the name of the token and the name of its user, as they were stored
 * @throws DockpassError `no_such_user`, `no_such_token`
 */
export async function revokeAccessToken(
  store: Store,
  clock: Clock,
  token: Pick<NewAccessToken, 'name' | 'user'>,
): Promise<{ name: string; user: string }> {
  const [name, user] = [toCanonicalName(token.name), toCanonicalName(token.user)];
  const what = `access token ${name} of ${user} revoked`;
  await change(store, clock, { subject: user, what }, async (ports) => {
    await findUser(ports, token.user);
    if (!(await ports.accessTokens.remove(user, name))) throw noSuchToken(name, user);
  });
  return { name, user };
}

function tokenTaken(name: string, user: string): DockpassError {
  return new DockpassError(
    'already_exists',
    `${user} has a token named ${name} already: choose another name, or run "dockpass token revoke ${name} --user ${user}" first`,
  );
}

export function noSuchToken(name: string, user: string): DockpassError {
  return new DockpassError(
    'no_such_token',
    `${user} has no token named ${quoted(name)}: run "dockpass token list --user ${user}" to see the tokens of this user`,
  );
}
