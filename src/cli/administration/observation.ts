import type { AuditEvent } from '../../audit/event.ts';
import type { ExplainedEvent } from '../../explain/explain-events.ts';
import type { Explanation } from '../../explain/explain.ts';
import type { AuditRow } from '../../store/store.ts';

/** Which rows of the audit log a command shows. */
export interface AuditQuery {
  /** Milliseconds since the epoch. */
  readonly since?: number;
  /** Milliseconds since the epoch. */
  readonly until?: number;
  readonly user?: string;
  readonly repository?: string;
  readonly outcome?: AuditEvent['outcome'];
  /** The maximum number of rows: the newest ones. Infinity for all rows. */
  readonly limit: number;
}

export interface AuditRows {
  /** Pages of the selected rows, oldest first. A page can be empty. */
  readonly pages: AsyncIterable<readonly AuditRow[]>;
  /**
   * Returns how many of the rows that were read so far do not list all repositories, so that they may be about the
   * repository of the query although they were not selected.
   */
  uncertainCount(): number;
}

/** The number and the hash of the newest row of the audit log. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

export interface AuditOperations {
  read(query: AuditQuery): Promise<AuditRows>;
  /** Like `read`, but afterwards waits for further rows until the signal aborts. */
  follow(query: AuditQuery, signal: AbortSignal): Promise<AuditRows>;
  /**
   * Checks the hash of each row. Returns the newest row of the log; undefined if the log is empty.
   * @throws DockpassError `audit_broken`
   */
  verify(): Promise<AuditHead | undefined>;
}

/** A request, as the arguments of `dockpass explain` describe it. */
export interface RequestQuestion {
  readonly host: string;
  readonly scopes: readonly string[];
  /** The name of a user or robot. Undefined for a request without a login. */
  readonly user: string | undefined;
  /** The name of an access token of the user. Undefined for a login with a password. */
  readonly token: string | undefined;
  /** The IP address of the client. */
  readonly address: string;
}

export interface Explanations {
  /** @throws DockpassError `bad_host`, `no_such_user`, `no_such_token` */
  request(question: RequestQuestion): Promise<Explanation>;
  /** Returns the events with the id that an error message shows. Empty if there is none. */
  events(id: string): Promise<readonly ExplainedEvent[]>;
}

/** The operations on the images of a registry. */
export interface Repositories {
  /** The registry or the server, for messages, such as `http://127.0.0.1:5000`. */
  readonly origin: string;
  list(): Promise<readonly string[]>;
  /** @throws DockpassError `no_such_image` */
  tags(repository: string): Promise<readonly string[]>;
  /** Returns the digest of the image with this tag or digest. @throws DockpassError `no_such_image` */
  digestOf(repository: string, reference: string): Promise<string>;
  /** Returns the tags of the repository that refer to the image with this digest. */
  tagsOf(repository: string, digest: string): Promise<readonly string[]>;
  /** Deletes an image with all its tags. @throws DockpassError `deletion_is_off`, `no_such_image` */
  delete(repository: string, digest: string): Promise<void>;
}
