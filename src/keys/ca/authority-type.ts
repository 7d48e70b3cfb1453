import type { KeyObject, X509Certificate } from 'node:crypto';

/** Who vouches for leaves, and whom registries must trust for that. */
export interface Authority {
  readonly certificate: X509Certificate;
  /** Undefined where it is kept elsewhere: leaves are made there, and signed with here. */
  readonly key: KeyObject | undefined;
  /** Between the issuing certificate and the root; empty for an authority of our own. */
  readonly chain: readonly X509Certificate[];
  /** All whose leaves may be met: ours, and during a rollover the next or the previous one. */
  readonly trusted: readonly X509Certificate[];
}
