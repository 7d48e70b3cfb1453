import type { Clock } from '../../../clock.ts';
import type { IssuerKeys } from '../../../store/store.ts';
import type { VerificationKeys } from './verification-keys.ts';

/** The keys of one key set (`keySourceOf`), wherever they come from. */
export interface KeySource {
  /**
   * Returns the keys that count now. Undefined if there are none, because they could not be read. If the keys are at
   * hand, they are returned without a promise, because almost every login asks for them.
   */
  read(access: KeyAccess): VerificationKeys | undefined | Promise<VerificationKeys | undefined>;
  /**
   * Called for a JWT whose key is not in the key set: reads the key set again, unless that was done recently, and
   * returns the keys that count then.
   */
  readAgain(access: KeyAccess): Promise<VerificationKeys | undefined>;
  /** Why the last attempt to read the key set has failed. Undefined if it has succeeded. */
  readonly failure: string | undefined;
  close(): Promise<void>;
}

/** What a key source may do. It depends on the rules that exist at the time. */
export interface KeyAccess {
  /** Whether the server of the key set may have a private, loopback or link-local address. */
  readonly allowsPrivateAddresses: boolean;
}

/** What a key source needs from its surroundings. */
export interface KeyParts {
  readonly store: { readonly issuerKeys: IssuerKeys };
  readonly clock: Clock;
  readonly log: KeyLog;
}

/** The part of the server's log that key sources use. */
export interface KeyLog {
  info(message: string): void;
  warn(message: string): void;
  error(message: string, error: unknown): void;
}
