import { join } from 'node:path';
import type { Algorithm } from './signing/algorithm.ts';
import type { KeyMode } from './signing/signing-key.ts';

export interface KeySettings {
  /** Of the keys, where no database holds them; in any case of what is published for registries. */
  readonly directory: string;
  readonly algorithm: Algorithm['name'];
  readonly mode: KeyMode;
  /** Seconds. */
  readonly leafLifetime: number;
  /** Seconds before a leaf's end at which its successor is made. */
  readonly rotateBefore: number;
  /** An authority from one's own PKI; nulls for the one that dockpass makes. */
  readonly authority: {
    /** PEM: the issuing certificate first, then what leads to the root. */
    readonly certificate: string | null;
    /** Null beside a certificate: it is elsewhere, and so is whoever makes leaves. */
    readonly key: string | null;
    readonly passphrase: string | null;
  };
}

/** What registries trust: `auth.token.rootcertbundle`. */
export const rootCertBundleFile = (directory: string): string => join(directory, 'rootcertbundle.pem');
/** The same for registries 3.x that are configured with `auth.token.jwks`. */
export const jwksFile = (directory: string): string => join(directory, 'jwks.json');
