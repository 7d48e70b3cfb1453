import type { Clock } from '../clock.ts';
import { DockpassError } from '../errors.ts';
import { toCanonicalName, parseNewUserName } from '../identity/user-name.ts';
import type { Group, Ports, Store } from '../store/store.ts';
import { change, changeIf, quoted } from './change.ts';
import { findUser } from './users.ts';

/**
 * Adds an empty group.
 * @returns the name as it is stored
 * @throws DockpassError `bad_name`, `already_exists`
 */
export async function addGroup(store: Store, clock: Clock, text: string): Promise<string> {
  const name = parseNewUserName(text);
  await change(store, clock, { subject: '', what: `group ${name} added` }, async ({ groups }, at) => {
    if (!(await groups.add(name, at))) throw groupTaken(name);
  });
  return name;
}

/**
 * Removes a group with its memberships and grants. The users in the group are not removed. If a grant of the group took
 * the rights of their roles away from them, they do not get these rights back.
 * @returns the group as it was stored
 * @throws DockpassError `no_such_group`
 */
export async function removeGroup(store: Store, clock: Clock, text: string): Promise<Group> {
  const name = toCanonicalName(text);
  return change(store, clock, { subject: '', what: `group ${name} removed` }, async ({ groups }) => {
    const group = await groups.find(name);
    if (group === undefined || !(await groups.remove(name))) throw noSuchGroup(text);
    return group;
  });
}

export interface Membership {
  readonly group: string;
  readonly user: string;
}

/**
 * Adds a user to a group. If the group has grants, the user then has only the rights of grants, and no longer
 * those of the user's role.
 * @returns false if the user is a member already. In this case, no audit row is written.
 * @throws DockpassError `no_such_group`, `no_such_user`
 */
export function joinGroup(store: Store, clock: Clock, membership: Membership): Promise<boolean> {
  const [group, user] = [toCanonicalName(membership.group), toCanonicalName(membership.user)];
  const description = { subject: user, what: `user ${user} joined group ${group}` };
  return changeIf(store, clock, description, async (ports) => {
    await requireBoth(ports, membership);
    return ports.groups.join(group, user);
  });
}

/**
 * Removes a user from a group. If a grant of the group took the rights of the role away from the user, the user does
 * not get these rights back.
 * @returns false if the user is not a member. In this case, no audit row is written.
 * @throws DockpassError `no_such_group`, `no_such_user`
 */
export function leaveGroup(store: Store, clock: Clock, membership: Membership): Promise<boolean> {
  const [group, user] = [toCanonicalName(membership.group), toCanonicalName(membership.user)];
  const description = { subject: user, what: `user ${user} left group ${group}` };
  return changeIf(store, clock, description, async (ports) => {
    await requireBoth(ports, membership);
    return ports.groups.leave(group, user);
  });
}

/**
 * Finds a group by its name. Upper and lower case in the name do not matter.
 * @throws DockpassError `no_such_group`
 */
export async function findGroup({ groups }: Pick<Ports, 'groups'>, text: string): Promise<Group> {
  const group = await groups.find(toCanonicalName(text));
  if (group === undefined) throw noSuchGroup(text);
  return group;
}

/** Checks that a group with this name exists. @throws DockpassError `no_such_group` */
export async function requireGroup(ports: Pick<Ports, 'groups'>, text: string): Promise<void> {
  await findGroup(ports, text);
}

async function requireBoth(ports: Ports, { group, user }: Membership): Promise<void> {
  await requireGroup(ports, group);
  await findUser(ports, user);
}

function noSuchGroup(text: string): DockpassError {
  return new DockpassError(
    'no_such_group',
    `there is no group ${quoted(text)}: run "dockpass group list" to see all groups, or "dockpass group add NAME" to add one`,
  );
}

function groupTaken(name: string): DockpassError {
  return new DockpassError(
    'already_exists',
    `there is a group ${name} already: choose another name, or run "dockpass group list" to see its members`,
  );
}
