import type { Users } from '../../store/store.ts';
import type { Rehash } from './local-users.ts';
import type { PasswordHasher } from './password-hash.ts';
import type { CachedCredentials } from './cached-credentials.ts';

/**
 * Returns a function that replaces a bcrypt hash with an argon2id hash after a login, when the password is known. The
 * login does not wait for it. If it fails, the user's next login tries again.
 */
export function createBackgroundRehash(
  users: Pick<Users, 'replaceHash'>,
  hasher: PasswordHasher,
  cache: CachedCredentials,
  onFailure: (message: string, error: unknown) => void,
): Rehash {
  const running = new Set<string>();
  return ({ name, passwordHash: oldHash }, password) => {
    if (oldHash === null || running.has(name)) return;
    running.add(name);
    const replace = async (): Promise<void> => {
      const newHash = await hasher.hash(password);
      // `replaceHash` changes the row only if it still holds the old hash. A password that was set in the meantime
      // stays. The cache entry for the new hash saves the next login a hash.
      if (await users.replaceHash(name, oldHash, newHash)) cache.add(name, password, newHash);
    };
    replace()
      .catch((error: unknown) =>
        onFailure(`cannot replace the bcrypt hash of ${name}; the next login tries again`, error),
      )
      .finally(() => running.delete(name));
  };
}
