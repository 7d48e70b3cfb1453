import type { Users } from '../../store/store.ts';
import type { Rehash } from './local-users.ts';
import type { PasswordHasher } from './password-hash.ts';
import type { CachedCredentials } from './cached-credentials.ts';

/**
 * Makes argon2id of a bcrypt hash when its password is at hand, behind the login's back. It compares and swaps: a
 * password that was set meanwhile stays. Where it does not come off, the next login tries again.
 */
export function rehashInBackground(
  users: Pick<Users, 'replaceHash'>,
  hasher: PasswordHasher,
  remembered: CachedCredentials,
  onFailure: (message: string, error: unknown) => void,
): Rehash {
  const running = new Set<string>();
  return ({ name, passwordHash: old }, password) => {
    if (old === null || running.has(name)) return;
    running.add(name);
    const replace = async (): Promise<void> => {
      const passwordHash = await hasher.hash(password);
      // Remembered under the new hash too, or the swap would cost the next login another hash.
      if (await users.replaceHash(name, old, passwordHash)) remembered.remember(name, password, passwordHash);
    };
    replace()
      .catch((error: unknown) =>
        onFailure(`the password of ${name} could not be hashed anew; its next login tries again`, error),
      )
      .finally(() => running.delete(name));
  };
}
