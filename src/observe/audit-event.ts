/** What an auditor reads of one issuance or refusal. Holds no secret: a token is named by its `jti`. */
export interface AuditEvent {
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly outcome: 'issued' | 'refused';
  /** A user's name; empty for anonymous and for whoever did not get as far as a name. */
  readonly subject: string;
  readonly address: string;
  /** The User-Agent, cut short. */
  readonly client: string;
  readonly host: string;
  readonly realm: 'public' | 'private';
  /** Scopes in their grammar, joined by spaces. */
  readonly asked: string;
  readonly granted: string;
  /** A Reason of policy/decide.ts for each scope, or an error code. */
  readonly reason: string;
  readonly tokenId: string;
  /** How often this happened, all else being equal, within the second. */
  readonly times: number;
}
