/** A signed token and what its bearer must know of it. */
export class SignedToken {
  /** RFC 7519 section 4.1.7, `jti`. */
  readonly id: string;
  /** JWS compact serialization (RFC 7515 section 7.1). */
  readonly jwt: string;
  /** Seconds. */
  readonly expiresIn: number;
  /** RFC 3339, UTC. */
  readonly issuedAt: string;
  /** May others who ask for the same be given it too? */
  readonly isShared: boolean;
  #members: string | undefined;

  constructor(id: string, jwt: string, expiresIn: number, issuedAt: string, isShared = false) {
    this.id = id;
    this.jwt = jwt;
    this.expiresIn = expiresIn;
    this.issuedAt = issuedAt;
    this.isShared = isShared;
  }

  /**
   * The members of the answer's JSON object, by the token specification and RFC 6749 section 5.1 in one: `token` and
   * `access_token` are the same. Every value is from an alphabet that JSON does not escape; all of it is ASCII.
   */
  get members(): string {
    if (this.#members !== undefined) return this.#members;
    const members = `"token":"${this.jwt}","access_token":"${this.jwt}","expires_in":${this.expiresIn},"issued_at":"${this.issuedAt}"`;
    if (this.isShared) this.#members = members;
    return members;
  }
}
