import { formatPatternActions } from '../../admin/rights/right-text.ts';
import type { RobotView } from '../../admin/views/robot-view.ts';
import type { TokenView } from '../../admin/views/token-view.ts';

/** Returns a robot or an access token as a row of the table of `robot list` or `token list`. */
export function loginRow(login: RobotView | TokenView) {
  const { name, only, state, expires, lastUsed, lastUsedFrom, api, owner, description } = login;
  return {
    name,
    ...('user' in login && { user: login.user }),
    only: formatPatternActions(only),
    state,
    expires: expires ?? 'never',
    'last used': lastUsed === null ? 'never' : `${lastUsed} from ${lastUsedFrom}`,
    api: api ? 'yes' : 'no',
    owner: owner ?? '',
    description: description ?? '',
  };
}
