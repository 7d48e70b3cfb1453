import type { JWK } from 'jose';
import type { SigningKey } from './signing/signing-key.ts';

/** The keys that a running server has loaded. */
export interface KeyRing {
  /** Returns the key that signs now. */
  current(): SigningKey;
  /** Returns every key that signed a token which may still be valid, or that will sign soon, as a JWK (RFC 7517). */
  published(): readonly JWK[];
  /** Returns the CA certificates in PEM: what the `rootcertbundle` of a registry must contain. */
  rootCertBundle(): string;
  /** Returns a description of the CA and the signing keys for `dockpass keys list`. */
  list(): readonly KeyDescription[];
  /** Creates a successor to the newest signing key. It is published at once, and signs within two seconds. */
  rotate(): Promise<void>;
  /**
   * Loads the keys that other processes created before this call, and creates a successor if one is due. It is
   * cheap, and is called about twice a second.
   */
  refresh(): Promise<void>;
}

export interface KeyDescription {
  /** `authority`, or the key id (kid) of a signing key. */
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
