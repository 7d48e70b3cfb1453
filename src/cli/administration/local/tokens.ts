import { systemClock } from '../../../clock.ts';
import type { Store } from '../../../store/store.ts';
import type { TokenOperations } from '../credentials.ts';

/** The operations on the access tokens in the database. Each operation loads only the code that it needs. */
export function localTokens(store: Store): TokenOperations {
  return {
    list: async (user) => {
      const { publicView } = await loadView();
      return (await (await loadTokens()).listAccessTokens(store, user)).map(publicView);
    },
    find: async (token) => (await loadTokens()).findAccessToken(store, token),
    create: async (newToken) => {
      const { publicView } = await loadView();
      const { token, secret } = await (await loadTokens()).createAccessToken(store, systemClock, newToken);
      return { token: publicView(token), secret };
    },
    revoke: async (token) => (await loadTokens()).revokeAccessToken(store, systemClock, token),
  };
}

const loadTokens = () => import('../../../admin/access-tokens.ts');
const loadView = () => import('../../../admin/views/token-view.ts');
