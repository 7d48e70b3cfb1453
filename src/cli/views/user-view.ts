import { describeHoldings } from '../../admin/views/user-view.ts';
import type { Ports } from '../../store/store.ts';
import { say } from '../output.ts';

export { describeHoldings, publicView, stateOf, viewOfRight } from '../../admin/views/user-view.ts';

/** The largest number of users whose rights are printed after a change of a group. */
const maxHoldings = 10;

/** Says which rights each of the users has. Commands call this function after a change that may affect rights. */
export async function sayHoldings(store: Pick<Ports, 'users'>, names: readonly string[]): Promise<void> {
  const { readAccount } = await import('../../identity/account.ts');
  for (const name of names.slice(0, maxHoldings)) {
    const account = await readAccount(store, name);
    if (account !== undefined) say(describeHoldings(account));
  }
  const others = names.length - maxHoldings;
  if (others > 0)
    say(`the rights of ${others} more members are not shown; to see them, run "dockpass user show NAME"`);
}
