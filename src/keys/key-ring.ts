import type { X509Certificate } from 'node:crypto';
import type { JWK } from 'jose';
import type { SigningKey } from './signing/signing-key.ts';

/** The keys that a running server has loaded. */
export interface KeyRing {
  /** Returns the key that currently signs tokens. @throws DockpassError `unavailable` if no key may sign */
  current(): SigningKey;
  /**
   * Returns the public keys that registries need to verify tokens, as JWKs (RFC 7517). They include each key whose
   * tokens may still be valid, and a new key that will start to sign soon.
   */
  published(): readonly JWK[];
  /**
   * Returns the trust bundle in PEM format. The file in the `rootcertbundle` setting of each registry must contain this
   * text.
   */
  rootCertBundle(): string;
  /** Returns the certificate of the CA that issues the leaf certificates. */
  authority(): X509Certificate;
  /**
   * Returns why others than dockpass can sign tokens that registries accept: the CA comes from your own PKI, and
   * nothing shows that it issues certificates only for dockpass (see dedicated-ca.ts). Returns undefined if there is no
   * such reason.
   */
  sharedReason(): string | undefined;
  /** Returns a description of the CA and the signing keys for `dockpass keys list`. */
  list(): readonly KeyDescription[];
  /**
   * Creates a successor to the newest signing key. The public key of the successor is published at once. The successor
   * starts to sign tokens within two seconds.
   * @throws DockpassError `clock_implausible` if the clock cannot show the right time
   */
  rotate(): Promise<void>;
  /**
   * Loads the keys that other processes have created. If the newest signing key must be replaced now, creates its
   * successor, unless the clock cannot show the right time. Servers make this call about twice a second, so it must be
   * cheap.
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
  /** The time at which the certificate becomes valid, in the format of RFC 3339. */
  readonly from: string;
  readonly until: string;
}
