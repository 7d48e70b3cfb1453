/** The public key set of an issuer of JWTs, as it was read from the issuer. */
export interface IssuerKeySet {
  /** Identifies the key set (`keySourceOf` in trust/trust-rule.ts). */
  readonly source: string;
  /** The key set as JSON (RFC 7517). */
  readonly keySet: string;
  /** When it was read from the issuer, in seconds since the epoch. */
  readonly readAt: number;
}

/** The table of the issuers' public keys. All servers that share the database share it. */
export interface IssuerKeys {
  find(source: string): Promise<IssuerKeySet | undefined>;
  /** Stores a key set, and replaces the one of the same source. */
  save(keySet: IssuerKeySet): Promise<void>;
  /** Removes the key sets that were read before this time. */
  removeBefore(readAt: number): Promise<void>;
}
