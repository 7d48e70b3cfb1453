import { join } from 'node:path';
import type { Algorithm } from './signing/algorithm.ts';
import type { KeyMode } from './signing/signing-key.ts';

export interface KeySettings {
  /**
   * The folder that contains the keys, unless the keys are in the database. In both cases, dockpass writes the trust
   * bundle and the file with the public keys to this folder.
   */
  readonly directory: string;
  readonly algorithm: Algorithm['name'];
  readonly mode: KeyMode;
  /** The lifetime of a leaf certificate in seconds. */
  readonly leafLifetime: number;
  /** The successor of a leaf certificate is created this many seconds before the leaf certificate expires. */
  readonly rotateBefore: number;
  /** The files of the CA, if the CA comes from your own PKI. If dockpass created the CA, all values are null. */
  readonly authority: {
    /** Path of a PEM file that contains the issuing certificate, followed by the other certificates up to the root. */
    readonly certificate: string | null;
    /**
     * Path of a PEM file with the private key of the CA. If `certificate` is set and `key` is null, the private key is
     * on another machine, and leaf certificates are issued there.
     */
    readonly key: string | null;
    readonly passphrase: string | null;
    /** If true, dockpass does not start if its CA is also used by others. */
    readonly requireDedicated: boolean;
  };
}

/** Returns the path of the trust bundle. Registries read this file through `auth.token.rootcertbundle`. */
export const rootCertBundleFile = (directory: string): string => join(directory, 'rootcertbundle.pem');
/**
 * Returns the path of the file with the public keys. Registries 3.x can read this file through `auth.token.jwks`, and
 * then do not need `auth.token.rootcertbundle`.
 */
export const jwksFile = (directory: string): string => join(directory, 'jwks.json');
