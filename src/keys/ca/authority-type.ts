import type { KeyObject, X509Certificate } from 'node:crypto';

/** The certificate authority (CA) that issues leaf certificates. Registries must trust it. */
export interface Authority {
  readonly certificate: X509Certificate;
  /**
   * Undefined if the key is stored elsewhere. Then leaf certificates are issued there, and this process only signs
   * tokens.
   */
  readonly key: KeyObject | undefined;
  /** Certificates between the issuing certificate and the root. Empty for a CA that dockpass created. */
  readonly chain: readonly X509Certificate[];
  /**
   * CA certificates whose leaf certificates may still sign tokens: this one, and during a rollover the next or
   * previous one.
   */
  readonly trusted: readonly X509Certificate[];
}
