import type { Users } from '../../store/store.ts';
import type { Rehash } from './local-users.ts';
import type { PasswordHasher } from './password-hash.ts';
import type { CachedCredentials } from './cached-credentials.ts';

/**
 * Returns a function that replaces a user's bcrypt hash with an argon2id hash. It is called after a login, because
 * dockpass knows the password only then. The login does not wait for the replacement. If the replacement fails,
 * dockpass tries it again at the user's next login.
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
      // `replaceHash` changes the row only if it still contains the old hash, so a password that was set in the
      // meantime is not overwritten. The new hash is added to the cache, so that the next login with this password does
      // not compute a slow hash.
      if (await users.replaceHash(name, oldHash, newHash)) cache.add(name, password, newHash);
    };
    replace()
      .catch((error: unknown) =>
        onFailure(
          `cannot replace the bcrypt hash of ${name}; dockpass tries again at the next login of this user`,
          error,
        ),
      )
      .finally(() => running.delete(name));
  };
}
