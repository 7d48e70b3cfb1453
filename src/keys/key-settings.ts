import { join } from 'node:path';
import type { Algorithm } from './signing/algorithm.ts';
import type { KeyMode } from './signing/signing-key.ts';

export interface KeySettings {
  /** The folder of the keys, unless the database has them. In both cases the files for registries are written here. */
  readonly directory: string;
  readonly algorithm: Algorithm['name'];
  readonly mode: KeyMode;
  /** Seconds. */
  readonly leafLifetime: number;
  /** Seconds. How long before a leaf certificate expires its successor is created. */
  readonly rotateBefore: number;
  /** The CA of your own PKI. The values are null for a CA that dockpass created. */
  readonly authority: {
    /** Path of a PEM file: the issuing certificate first, then the certificates up to the root. */
    readonly certificate: string | null;
    /**
     * Path of a PEM file. Null together with a certificate means that the key is stored elsewhere, and leaf
     * certificates are issued there.
     */
    readonly key: string | null;
    readonly passphrase: string | null;
  };
}

/** The trust bundle of registries: `auth.token.rootcertbundle`. */
export const rootCertBundleFile = (directory: string): string => join(directory, 'rootcertbundle.pem');
/** The public keys for registries 3.x that use `auth.token.jwks` instead. */
export const jwksFile = (directory: string): string => join(directory, 'jwks.json');
