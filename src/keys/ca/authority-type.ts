import type { KeyObject, X509Certificate } from 'node:crypto';

/** The certificate authority (CA) that issues leaf certificates. Registries must trust it. */
export interface Authority {
  readonly certificate: X509Certificate;
  /**
   * The private key of the CA. Undefined if this process has no access to the key. In that case, leaf certificates are
   * issued on the machine that has the key, and this process only signs tokens.
   */
  readonly key: KeyObject | undefined;
  /** Certificates between the issuing certificate and the root. Empty for a CA that dockpass created. */
  readonly chain: readonly X509Certificate[];
  /**
   * The certificates of all CAs that registries must trust: this CA, the next CA during a rollover, and the previous CA
   * after a rollover. If the CA comes from your own PKI, this list contains all certificates in the
   * file `keys.authority.certificate`.
   */
  readonly trusted: readonly X509Certificate[];
}
