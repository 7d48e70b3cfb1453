import { join } from 'node:path';
import type { Algorithm } from './algorithm.ts';
import type { KeyMode } from './signing-key.ts';

export interface KeySettings {
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
    readonly key: string | null;
    readonly passphrase: string | null;
  };
}

/** The authority's key and certificate. */
export const authorityFile = (directory: string): string => join(directory, 'authority.pem');
/** During a rollover: the authority to come. */
export const nextAuthorityFile = (directory: string): string => join(directory, 'authority-next.pem');
/** After a rollover: the certificate of the one before, whose leaves may still have tokens about. */
export const previousAuthorityFile = (directory: string): string => join(directory, 'authority-previous.crt');
/** What registries trust: `auth.token.rootcertbundle`. */
export const rootCertBundleFile = (directory: string): string => join(directory, 'rootcertbundle.pem');
/** The same for registries 3.x that are configured with `auth.token.jwks`. */
export const jwksFile = (directory: string): string => join(directory, 'jwks.json');
