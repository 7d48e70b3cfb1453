import type { PasswordHasher } from './password-hash.ts';
import type { CachedCredentials } from './cached-credentials.ts';
import type { Secret } from '../../secret.ts';

/** What a password is compared with. Unknown users have none, and disabled ones are refused like these. */
export interface PasswordHolder {
  readonly passwordHash: string | null;
  readonly disabled: boolean;
}

export interface PasswordCheck {
  /** True after no hash, or one. False after one hash of each kind in use, whoever is asked for. @throws DockpassError `busy` */
  (name: string, password: Secret, holder: PasswordHolder | undefined): Promise<boolean>;
}

/** Says yes to what was verified a moment ago, and costs no hash; its no says nothing. */
export function cachedCheck(remembered: CachedCredentials): PasswordCheck {
  return async (name, password, holder) =>
    holder?.disabled === false &&
    holder.passwordHash !== null &&
    remembered.holds(name, password, holder.passwordHash);
}

/** The same check that is running already is waited for, not done again: a fleet that starts at once costs one hash. */
export function passwordCheck(hasher: PasswordHasher, remembered: CachedCredentials): PasswordCheck {
  const running = new Map<string, Promise<boolean>>();
  const verify = (name: string, password: Secret, passwordHash: string | null): Promise<boolean> => {
    const key = `${name}\0${remembered.fingerprint(password, passwordHash ?? '')}`;
    let verifying = running.get(key);
    if (verifying === undefined) {
      verifying = hasher.verify(password, passwordHash).finally(() => running.delete(key));
      running.set(key, verifying);
    }
    return verifying;
  };
  return async (name, password, holder) => {
    const usable = holder?.disabled === false ? holder.passwordHash : null;
    if (usable !== null && remembered.holds(name, password, usable)) return true;
    // Who may not log in is compared with nobody's hash: a right password must not be refused sooner than a wrong one.
    if (!(await verify(name, password, usable)) || usable === null) return false;
    remembered.remember(name, password, usable);
    return true;
  };
}
