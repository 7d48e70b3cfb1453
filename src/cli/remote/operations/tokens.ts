import type { NewAccessToken } from '../../../admin/access-tokens.ts';
import { formatPatternActions } from '../../../admin/rights/right-text.ts';
import { toCanonicalName } from '../../../identity/user-name.ts';
import { Secret } from '../../../secret.ts';
import type { TokenName, TokenOperations } from '../../administration/credentials.ts';
import type { TokenView } from '../../../admin/views/token-view.ts';
import { pathOf, type ApiClient } from '../api-client.ts';
import type { Fields } from '../fields.ts';
import { rightsIn } from './rights-in.ts';

/** The operations on access tokens, through the administration API. */
export function remoteTokens(api: ApiClient): TokenOperations {
  const find = async ({ name: text, user }: TokenName) => {
    const name = toCanonicalName(text);
    const found = (await api.list('/tokens', { user })).find((token) => token.text('name') === name);
    if (found !== undefined) return found;
    const { noSuchToken } = await import('../../../admin/access-tokens.ts');
    throw noSuchToken(name, toCanonicalName(user));
  };
  return {
    list: async (user) => (await api.list('/tokens', { user })).map(tokenViewOf),
    find: async (token) => {
      const found = await find(token);
      return { name: found.text('name'), user: found.text('user') };
    },
    create: async (token) => {
      const { body } = await api.send('POST', '/tokens', { body: bodyOf(token) });
      return { token: tokenViewOf(body), secret: new Secret(body.text('secret')) };
    },
    revoke: async (token) => {
      const found = await find(token);
      await api.send('DELETE', pathOf('tokens', found.text('id')));
      return { name: found.text('name'), user: found.text('user') };
    },
  };
}

function bodyOf({ only, expiresIn, ...rest }: NewAccessToken) {
  return {
    ...rest,
    ...(only !== null && { only: only.map((right) => formatPatternActions([right])) }),
    expires: expiresIn === null ? 'never' : `${expiresIn}s`,
  };
}

function tokenViewOf(token: Fields): TokenView {
  return {
    name: token.text('name'),
    user: token.text('user'),
    only: rightsIn(token),
    state: token.word('state'),
    created: token.text('created'),
    expires: token.textOrNull('expires'),
    lastUsed: token.textOrNull('lastUsed'),
    lastUsedFrom: token.textOrNull('lastUsedFrom'),
    api: token.boolean('api'),
    description: token.textOrNull('description'),
    owner: token.textOrNull('owner'),
  };
}
