import { DockpassError } from '../../../../errors.ts';
import { toCanonicalName } from '../../../../identity/user-name.ts';
import { noSuchUser } from '../../../../admin/users.ts';
import type { Caller } from '../../route.ts';

/**
 * Returns the user whose tokens or sessions the caller may see: anyone's for administrators, otherwise the caller's own.
 * @param wanted the user to whom the request is limited
 * @returns undefined for all users
 * @throws DockpassError `no_such_user` if the caller may not see those of this user
 */
export function ownerOf({ subject, rank }: Caller, wanted?: string): string | undefined {
  const user = wanted === undefined ? undefined : toCanonicalName(wanted);
  if (rank === 'administrator') return user;
  if (user !== undefined && user !== subject.name) throw noSuchUser(user);
  return subject.name;
}

/** Checks that the caller may create something for this user. @throws DockpassError `forbidden` */
export function requireOwn({ subject, rank }: Caller, user: string): void {
  if (rank === 'administrator' || user === subject.name) return;
  throw new DockpassError(
    'forbidden',
    'only administrators can create access tokens for others. Leave out "user" to create one for yourself.',
  );
}
