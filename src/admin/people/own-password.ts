import { DockpassError } from '../../errors.ts';
import type { Caller } from '../../identity/authenticator.ts';
import type { LoginChecks } from '../../identity/authenticate.ts';
import { authenticatePerson } from '../../identity/console/sign-in.ts';
import type { Realm } from '../../realm/realm.ts';
import type { Secret } from '../../secret.ts';

/**
 * Checks the current password of a person who changes it, so that someone who finds an unlocked browser cannot. The
 * rate limits are those of a login.
 * @throws DockpassError `forbidden` if the password is wrong, `too_many_attempts`, `unavailable`, `busy`
 */
export async function requireOwnPassword(
  { name, password }: { readonly name: string; readonly password: Secret },
  caller: Caller,
  realm: Realm,
  checks: LoginChecks,
): Promise<void> {
  try {
    await authenticatePerson({ kind: 'password', name, password }, caller, realm, checks);
  } catch (error) {
    if (!(error instanceof DockpassError) || error.code !== 'wrong_credentials') throw error;
    throw new DockpassError('forbidden', 'the current password is wrong, so nothing was changed. Try again.');
  }
}
