import { accessTokenId } from '../access-tokens.ts';
import { formatPatternActions } from '../rights/right-text.ts';
import { systemClock } from '../../clock.ts';
import type { AccessToken } from '../../store/store.ts';
import { formatTime } from './time.ts';

/** Returns an access token in the form that `--json` prints, without the hash of the token. */
export function publicView({ name, user, only, createdAt, expiresAt, lastUse, ...rest }: AccessToken) {
  return {
    name,
    user,
    only,
    state: expiresAt !== null && expiresAt * 1000 <= systemClock() ? 'expired' : 'active',
    created: formatTime(createdAt),
    expires: expiresAt === null ? null : formatTime(expiresAt),
    lastUsed: lastUse === null ? null : formatTime(lastUse.at),
    lastUsedFrom: lastUse?.from ?? null,
    api: rest.api === true,
    description: rest.description ?? null,
    owner: rest.owner ?? null,
  };
}

export type TokenView = ReturnType<typeof publicView>;

/**
 * Returns an access token in the form of the administration API. There, `only` has the form in which a request names
 * the rights, and `rights` has the form of `--json`.
 */
export function tokenOfApi(token: AccessToken) {
  const { only, ...view } = publicView(token);
  return {
    id: accessTokenId(token),
    ...view,
    only: only && only.map((right) => formatPatternActions([right])),
    rights: only,
  };
}
