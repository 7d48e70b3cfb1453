/** A signed registry token, together with the other values of the token response. */
export class SignedToken {
  /** The `jti` claim (RFC 7519 section 4.1.7). */
  readonly id: string;
  /** The token in JWS compact serialization (RFC 7515 section 7.1). */
  readonly jwt: string;
  /** The lifetime of the token, in seconds. */
  readonly expiresIn: number;
  /** The time of issuance in UTC (RFC 3339). */
  readonly issuedAt: string;
  /** True if other requests can receive the same token. */
  readonly isShared: boolean;

  #response: string | undefined;

  constructor(id: string, jwt: string, expiresIn: number, issuedAt: string, isShared = false) {
    this.id = id;
    this.jwt = jwt;
    this.expiresIn = expiresIn;
    this.issuedAt = issuedAt;
    this.isShared = isShared;
  }

  /**
   * The JSON token response. It contains the token twice: `token` is its name in the distribution token specification,
   * and `access_token` is its name in RFC 6749 section 5.1. The values are ASCII and contain no character that JSON has
   * to escape.
   */
  get response(): string {
    if (!this.isShared) return this.#format();
    // V8 stores a text that was put together as its parts, and joins them each time that it is sent. A text that comes
    // from bytes is in one piece.
    return (this.#response ??= Buffer.from(this.#format(), 'latin1').toString('latin1'));
  }

  #format(): string {
    return `{"token":"${this.jwt}","access_token":"${this.jwt}","expires_in":${this.expiresIn},"issued_at":"${this.issuedAt}"}`;
  }
}
