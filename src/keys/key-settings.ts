import { join } from 'node:path';
import type { Algorithm } from './signing/algorithm.ts';
import type { KeyMode } from './signing/signing-key.ts';

export interface KeySettings {
  /**
   * The folder that contains the keys, unless they are in the database. In both cases dockpass writes the files for
   * registries to this folder.
   */
  readonly directory: string;
  readonly algorithm: Algorithm['name'];
  readonly mode: KeyMode;
  /** The lifetime of a leaf certificate in seconds. */
  readonly leafLifetime: number;
  /** The successor of a leaf certificate is created this many seconds before the leaf certificate expires. */
  readonly rotateBefore: number;
  /** The CA of your own PKI. The values are null for a CA that dockpass created. */
  readonly authority: {
    /** Path of a PEM file that contains the issuing certificate, followed by the other certificates up to the root. */
    readonly certificate: string | null;
    /**
     * Path of a PEM file with the private key of the CA. If `certificate` is set and this is null, the key is on
     * another machine, and leaf certificates are issued there.
     */
    readonly key: string | null;
    readonly passphrase: string | null;
  };
}

/** Returns the path of the trust bundle. Registries read this file through `auth.token.rootcertbundle`. */
export const rootCertBundleFile = (directory: string): string => join(directory, 'rootcertbundle.pem');
/**
 * Returns the path of the file with the public keys, for registries 3.x that use `auth.token.jwks` instead of the
 * bundle.
 */
export const jwksFile = (directory: string): string => join(directory, 'jwks.json');
