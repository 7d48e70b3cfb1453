import { networkOf } from '../../net/address-prefix.ts';
import type { PasswordHasher } from './password-hash.ts';
import type { CachedCredentials } from './cached-credentials.ts';
import type { Secret } from '../../secret.ts';

/** The fields of a user that a password check needs. */
export interface PasswordHolder {
  /** The stored hash of the password. Null if the user has no password. */
  readonly passwordHash: string | null;
  readonly disabled: boolean;
}

export interface PasswordCheck {
  /**
   * Resolves to true if the password is correct and the user is enabled.
   *
   * For a correct password, dockpass computes at most one hash. For a wrong password, it always computes an argon2id
   * hash, and also a bcrypt hash if the password of any user is stored as a bcrypt hash. So response times do not
   * reveal which users exist.
   * @param holder undefined if the user does not exist
   * @param address the client's IP address. Networks share the queue of hash computations fairly
   * @throws DockpassError `busy`
   */
  (name: string, password: Secret, holder: PasswordHolder | undefined, address: string): Promise<boolean>;
}

/**
 * Creates a password check that only looks into the cache and never computes a slow hash. If the check returns false,
 * the password can still be correct, because the cache does not contain every correct password.
 */
export function createCachedCheck(cache: CachedCredentials): PasswordCheck {
  return async (name, password, holder) =>
    holder?.disabled === false &&
    holder.passwordHash !== null &&
    cache.has(name, password, holder.passwordHash);
}

/**
 * Creates a password check that computes a slow hash unless the password is in the cache. If many clients send the same
 * name and password at the same time, dockpass computes only one hash for all of them.
 */
export function createPasswordCheck(hasher: PasswordHasher, cache: CachedCredentials): PasswordCheck {
  const running = new Map<string, Promise<boolean>>();
  const verify = (
    name: string,
    password: Secret,
    passwordHash: string | null,
    address: string,
  ): Promise<boolean> => {
    const key = `${name}\0${cache.fingerprint(password, passwordHash ?? '')}`;
    let verifying = running.get(key);
    if (verifying === undefined) {
      verifying = hasher
        .verify(password, passwordHash, networkOf(address))
        .finally(() => running.delete(key));
      running.set(key, verifying);
    }
    return verifying;
  };
  return async (name, password, holder, address) => {
    const usableHash = holder?.disabled === false ? holder.passwordHash : null;
    if (usableHash !== null && cache.has(name, password, usableHash)) return true;
    // The password of a disabled user is compared with a dummy hash, so that the response time does not reveal whether
    // the password is correct.
    if (!(await verify(name, password, usableHash, address)) || usableHash === null) return false;
    cache.add(name, password, usableHash);
    return true;
  };
}
