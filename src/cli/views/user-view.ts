import { describeHoldings, type UserDetails } from '../../admin/views/user-view.ts';
import { say } from '../output.ts';

/** The largest number of users whose rights are printed after a change of a group. */
const maxHoldings = 10;

/**
 * Says which rights each of the users has. Commands call this function after a change that may affect rights.
 * @param users finds a user by name. A user that it does not find is left out
 */
export async function sayHoldings(
  users: { findIfThere(name: string): Promise<UserDetails | undefined> },
  names: readonly string[],
): Promise<void> {
  for (const name of names.slice(0, maxHoldings)) {
    const user = await users.findIfThere(name);
    if (user !== undefined) say(describeHoldings(user));
  }
  const others = names.length - maxHoldings;
  if (others > 0)
    say(`the rights of ${others} more members are not shown; to see them, run "dockpass user show NAME"`);
}
