import type { JWK } from 'jose';
import type { SigningKey } from './signing/signing-key.ts';

/** The keys that a running server holds. */
export interface KeyRing {
  /** The key that signs now. */
  current(): SigningKey;
  /** Every key whose tokens may still be about or are soon to be: RFC 7517. */
  published(): readonly JWK[];
  /** PEM of the authorities: what a registry's `rootcertbundle` must hold. */
  rootCertBundle(): string;
  /** The authority and its leaves, for people. */
  list(): readonly KeyDescription[];
  /** Makes a successor to the newest leaf: published at once, it signs within two seconds. */
  rotate(): Promise<void>;
  /**
   * Takes in what other processes had made when it was called, and makes a successor where one is due. Cheap; asked
   * twice a second.
   */
  refresh(): Promise<void>;
}

export interface KeyDescription {
  /** `authority`, or the leaf's kid. */
  readonly name: string;
  readonly use:
    | 'certifies leaves'
    | 'certifies leaves elsewhere'
    | 'signs tokens'
    | 'will sign tokens'
    | 'verifies tokens';
  readonly algorithm: string;
  /** RFC 3339. */
  readonly from: string;
  readonly until: string;
}
