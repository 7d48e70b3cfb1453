/**
 * One entry of the audit log: an issued token, a denied request or an administrative change. It contains no secrets: a
 * token is identified by its `jti`.
 */
export interface AuditEvent {
  /**
   * The short id of the event (event-id.ts). The error message of a denied request shows this id. If the same client
   * gets several similar errors within a minute, all of these errors show the same id.
   */
  readonly id: string;
  /** The time of the event, in milliseconds since the epoch. */
  readonly at: number;
  readonly outcome: 'issued' | 'refused' | 'changed';
  /**
   * The name of the user or robot; empty for an anonymous client. For a denied request, this is the name that the
   * client claimed without proving its identity; empty if no user or robot has that name.
   */
  readonly subject: string;
  readonly address: string;
  /**
   * The User-Agent, truncated. If the client logged in with an access token or a JWT, what is known about it follows
   * (used-credential.ts), as in `docker/28; access token: laptop` or `docker/28; job: repository acme/app, run_id 42`. For an administrative change, this is the `client` of the
   * `ChangeActor`. If dockpass made the change by itself, this is `dockpass`. If an older version of dockpass recorded
   * a change on the command line, this is `cli`.
   */
  readonly client: string;
  readonly host: string;
  readonly realm: 'public' | 'private' | '';
  /** The requested scopes as in `repository:team/app:pull`, joined by spaces. */
  readonly asked: string;
  /** The granted scopes, in the same form as the requested scopes. */
  readonly granted: string;
  /**
   * For an issued token, a `Reason` of policy/decide.ts for each scope. For a denied request, the error code, and
   * sometimes a detail after it (denial-reason.ts). For an administrative change, its description.
   */
  readonly reason: string;
  /** The `jti` of the issued token; empty if there is none. */
  readonly tokenId: string;
  /** The number of events that this entry counts. Equal events within about a second share one entry. */
  readonly times: number;
}

/** An administrative change, as the caller describes it for the audit log. */
export interface AdministrativeChange {
  /** The time of the change, in milliseconds since the epoch. */
  readonly at: number;
  /** The name of the user or robot that was changed; empty if the change affects no user or robot. */
  readonly subject: string;
  /** A description of the change, for example `user alice disabled`. */
  readonly what: string;
  /** Who made the change. Undefined if dockpass made it by itself. */
  readonly by?: ChangeActor | undefined;
}

/** Who made an administrative change, as the columns `address` and `client` of the audit row record it. */
export interface ChangeActor {
  /** The address of an HTTP client. Empty for a change on the command line or in the configuration. */
  readonly address: string;
  /**
   * The User-Agent of an HTTP client; `cli: ` and the user of the operating system for a change on the command line;
   * the name of the file for a change of the configuration.
   */
  readonly client: string;
}
