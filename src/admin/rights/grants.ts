import type { Clock } from '../../clock.ts';
import { DockpassError } from '../../errors.ts';
import type { Action } from '../../policy/rights.ts';
import { requirePossiblePattern } from './right-text.ts';
import type { Ports, Store, StoredGrant } from '../../store/store.ts';
import { change } from '../change.ts';
import { requireGroup } from '../groups.ts';
import { findUser } from '../users.ts';
import { groupPrefix, holderNamed, noSuchGrant, type GrantHolder } from './grant-holder.ts';

export type { GrantHolder } from './grant-holder.ts';

export interface NewGrant {
  /** The name of a user, or `group:NAME`, as a person typed it. */
  readonly subject: string;
  readonly pattern: string;
  readonly actions: readonly Action[];
}

/**
 * Grants actions on all repositories that a pattern matches. If the user or group already has a grant on the same
 * pattern, the new grant replaces it.
 * @returns the holder of the grant, and the names of the users who now lose the rights of their role. A user loses
 *   these rights when the user, or a group of the user, gets the first grant
 * @throws DockpassError `no_such_user`, `no_such_group`, `bad_usage` for a robot or an impossible pattern
 */
export async function addGrant(
  store: Store,
  clock: Clock,
  { subject, pattern, actions }: NewGrant,
): Promise<{ holder: GrantHolder; switched: readonly string[] }> {
  requirePossiblePattern(pattern);
  const { name } = holderNamed(subject);
  const what = `added a grant for ${name}: ${actions.join(',')} on ${pattern}`;
  return change(store, clock, { subject: name, what }, async (ports, at) => {
    const holder = await findGrantHolder(ports, subject);
    return { holder, switched: await ports.grants.put({ subject: name, pattern, actions, createdAt: at }) };
  });
}

/**
 * Removes a grant. The first grant that reaches a user takes away the rights of the user's role. Removing a grant does
 * not give these rights back, even if it was the last grant.
 * @returns the holder
 * @throws DockpassError `no_such_user`, `no_such_group`, `no_such_grant`, `bad_usage` for a robot
 */
export async function removeGrant(
  store: Store,
  clock: Clock,
  { subject, pattern }: Pick<NewGrant, 'subject' | 'pattern'>,
): Promise<GrantHolder> {
  const { name } = holderNamed(subject);
  const what = `grant on ${pattern} to ${name} removed`;
  return change(store, clock, { subject: name, what }, async (ports) => {
    const holder = await findGrantHolder(ports, subject);
    if (!(await ports.grants.remove(name, pattern))) throw noSuchGrant(name, pattern);
    return holder;
  });
}

/** Checks that a user or group has a grant on exactly this pattern. @throws DockpassError `no_such_grant` */
export async function requireGrant(
  { grants }: Pick<Ports, 'grants'>,
  holder: string,
  pattern: string,
): Promise<void> {
  if (!(await grants.of([holder])).some((grant) => grant.pattern === pattern))
    throw noSuchGrant(holder, pattern);
}

/**
 * Lists all grants, or those of one user or group.
 * @throws DockpassError `no_such_user`, `no_such_group`, `bad_usage` for a robot
 */
export async function listGrants(store: Ports, subject?: string): Promise<StoredGrant[]> {
  if (subject === undefined) return store.grants.list();
  return store.grants.of([(await findGrantHolder(store, subject)).name]);
}

/**
 * Finds a user or a group by the name that a person typed.
 * @throws DockpassError `no_such_user`, `no_such_group`, `bad_usage` for a robot
 */
export async function findGrantHolder(ports: Ports, text: string): Promise<GrantHolder> {
  const holder = holderNamed(text);
  if (holder.kind === 'group') {
    await requireGroup(ports, holder.name.slice(groupPrefix.length));
    return holder;
  }
  if ((await ports.robots.find(holder.name)) !== undefined) {
    throw new DockpassError(
      'bad_usage',
      `${holder.name} is a robot, and the rights of a robot cannot be changed: create another robot with "dockpass robot create NAME --only PATTERN:ACTIONS"`,
    );
  }
  await findUser(ports, text);
  return holder;
}

/**
 * Returns the names of the users to whom the grants of a holder apply. If the holder is a user, this is only that user.
 * If the holder is a group, these are its members.
 */
export async function findReachedUsers(
  { groups }: Pick<Ports, 'groups'>,
  { kind, name }: GrantHolder,
): Promise<readonly string[]> {
  if (kind === 'user') return [name];
  return (await groups.find(name.slice(groupPrefix.length)))?.members ?? [];
}
