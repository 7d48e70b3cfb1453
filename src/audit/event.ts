/** What an auditor reads of one issuance, refusal or change. Holds no secret: a token is named by its `jti`. */
export interface AuditEvent {
  /** Short (audit-id.ts); a refusal shows it to the person. Refusals of one kind share it for a minute. */
  readonly id: string;
  /** Milliseconds since the epoch. */
  readonly at: number;
  readonly outcome: 'issued' | 'refused' | 'changed';
  /**
   * A user's or robot's name; empty for anonymous. Of a refusal: the name that was claimed, proved by nothing, and only
   * where there is such a user or robot.
   */
  readonly subject: string;
  readonly address: string;
  /** The User-Agent, cut short; `cli` for a change. */
  readonly client: string;
  readonly host: string;
  readonly realm: 'public' | 'private' | '';
  /** Scopes in their grammar, joined by spaces. */
  readonly asked: string;
  readonly granted: string;
  /** A Reason of policy/decide.ts for each scope, an error code, or what was changed. */
  readonly reason: string;
  readonly tokenId: string;
  /** How often this happened, all else being equal, within the second. */
  readonly times: number;
}

/** What somebody did, in words: `user alice disabled`. */
export interface AdministrativeChange {
  /** Milliseconds since the epoch. */
  readonly at: number;
  /** The user or robot that it is about; empty where there is none. */
  readonly subject: string;
  readonly what: string;
  /** Who asked for it over HTTP; undefined on the command line. */
  readonly by?: { readonly address: string; readonly client: string };
}
