import { readFile } from 'node:fs/promises';
import { DockpassError, messageOf } from '../../errors.ts';
import { Secret, withoutLineEnding } from '../../secret.ts';
import { openApi, type ApiClient, type Authorization } from './api-client.ts';

/**
 * Opens the administration API of a server, with the token in DOCKPASS_TOKEN or the one that `dockpass login` stored.
 * @throws DockpassError `not_logged_in`, `login_store`, `bad_usage`
 */
export async function openServer(server: URL): Promise<ApiClient> {
  return openApi(server, await findAuthorization(server));
}

async function findAuthorization({ origin }: URL): Promise<Authorization> {
  const token = await readTokenVariable();
  if (token !== undefined)
    return {
      ...bearer(token, 'DOCKPASS_TOKEN'),
      hint: 'Set DOCKPASS_TOKEN to a valid access token that was created with --api.',
    };
  const { findStoredLogin, readToken } = await import('../login/stored-logins.ts');
  const login = await findStoredLogin(origin);
  if (login === undefined)
    throw new DockpassError(
      'not_logged_in',
      `there is no login for ${origin}. Run "dockpass login ${origin}", or set DOCKPASS_TOKEN to an access token that was created with --api.`,
    );
  return {
    ...bearer(await readToken(origin, login), `the stored token ${login.tokenName} of ${login.user}`),
    hint: `To log in again, run "dockpass login ${origin}".`,
  };
}

/** Returns the `Authorization` header for a token. @throws DockpassError `bad_usage` if the text cannot be a token */
export function bearer(token: Secret, source: string): Pick<Authorization, 'header' | 'source'> {
  if (!/^[\w~+/.-]+=*$/.test(token.reveal()))
    throw new DockpassError(
      'bad_usage',
      `${source} contains characters that no token has. Set it to the token alone, without quotes.`,
    );
  return { header: `Bearer ${token.reveal()}`, source };
}

/** Reads DOCKPASS_TOKEN, or the file that DOCKPASS_TOKEN_FILE names. */
async function readTokenVariable(): Promise<Secret | undefined> {
  const { DOCKPASS_TOKEN: text, DOCKPASS_TOKEN_FILE: file } = process.env;
  if (file !== undefined && file !== '') {
    try {
      return new Secret(withoutLineEnding(await readFile(file, 'utf8')));
    } catch (cause) {
      throw new DockpassError(
        'bad_usage',
        `cannot read the file in DOCKPASS_TOKEN_FILE: ${messageOf(cause)}`,
        {
          cause,
        },
      );
    }
  }
  return text === undefined || text === '' ? undefined : new Secret(withoutLineEnding(text));
}
