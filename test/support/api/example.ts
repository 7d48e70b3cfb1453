import type { TestIssuer } from '../dockpass/issuer.ts';
import type { FakeRegistry } from '../registry/fake-registry.ts';

/** What an example can use. All examples share one server, so each of them uses names of its own. */
export interface ApiLab {
  readonly issuer: TestIssuer;
  /** The registry of the server. Every user may pull the repositories `lab/…`. */
  readonly registry: FakeRegistry;
  /** Returns a name that no other example uses. */
  newName(prefix: string): string;
  /** Adds a user with `password` of client.ts and returns the name. */
  addUser(): Promise<string>;
  /** Adds a group without members and returns the name. */
  addGroup(): Promise<string>;
  /** Returns the cookie of a session of the console. The user signs in once. */
  cookieOf(user: string): Promise<string>;
}

/** A request that succeeds if an administrator sends it. */
export interface ExampleRequest {
  /** The path below the base path, with its query: `/users/alice`. */
  readonly path: string;
  readonly body?: Readonly<Record<string, unknown>>;
  readonly headers?: Readonly<Record<string, string>>;
  /** If `console`, callers who are users send the request with the cookie of the console. */
  readonly through?: 'console';
  /** The status of the answer to an administrator. */
  readonly status: number;
  /**
   * The status of the answer to other users who may use the route, if it differs. For example, 404 for an item that
   * belongs to someone else.
   */
  readonly statusOfOthers?: number;
  /** The status of the answer to robots and limited tokens that may use the route. Default: that of other users. */
  readonly statusOfLimited?: number;
}

/** Prepares the data that a request needs, and returns the request. It is called for each request again. */
export type Example = (lab: ApiLab) => Promise<ExampleRequest>;

/** Examples by method and path of the route: `POST /users`. */
export type Examples = Readonly<Record<string, Example>>;
