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
   * after a rollover. If the CA comes from your own PKI, this list contains the issuing CAs in the file
   * `keys.authority.certificate`, but not their parents: a registry that trusted the root would accept tokens from
   * every certificate of the PKI.
   */
  readonly trusted: readonly X509Certificate[];
  /** True if the CA comes from your own PKI. False if dockpass created it. */
  readonly isExternal: boolean;
  /**
   * Why others than dockpass may hold certificates of this CA, as the beginning of a sentence. Undefined if only
   * dockpass holds them.
   */
  readonly sharedReason: string | undefined;
}
