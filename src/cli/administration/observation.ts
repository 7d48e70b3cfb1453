import type { AuditSelection } from '../../admin/audit/select-events.ts';
import type { ExplainedEvent } from '../../explain/explain-events.ts';
import type { Explanation } from '../../explain/explain.ts';
import type { RequestToExplain } from '../../explain/explain-request.ts';
import type { AuditRow } from '../../store/store.ts';
import type { EventQuestion, UsageEventView } from '../../usage/read-events.ts';
import type { UsageQuestion, UsageView } from '../../usage/read-usage.ts';
import type { TagDeletion } from '../../admin/images/delete-image.ts';

/** The rows of the audit log that a command shows. */
export interface AuditQuery extends AuditSelection {
  /** The maximum number of rows: the newest ones. Infinity for all rows. */
  readonly limit: number;
}

/** A part of the selected rows, oldest first. It can be empty. */
export interface AuditPage {
  readonly rows: readonly AuditRow[];
  /**
   * The number of rows that are left out although they may be about the repository of the query, because they do not
   * list all of their repositories.
   */
  readonly uncertainCount: number;
}

/** The number and the hash of the newest row of the audit log. */
export interface AuditHead {
  readonly seq: number;
  readonly hash: string;
}

export interface AuditOperations {
  /** Reads the selected rows, oldest first. */
  read(query: AuditQuery): AsyncIterable<AuditPage>;
  /** Like `read`, but afterwards waits for further rows until the signal aborts. */
  follow(query: AuditQuery, signal: AbortSignal): AsyncIterable<AuditPage>;
  /**
   * Checks the hash of each row. Returns the newest row of the log; undefined if the log is empty.
   * @throws DockpassError `audit_broken`
   */
  verify(): Promise<AuditHead | undefined>;
}

export interface Explanations {
  /** @throws DockpassError `bad_host`, `no_such_user`, `no_such_token` */
  request(question: RequestToExplain): Promise<Explanation>;
  /** Returns the events with the id that an error message shows. @throws DockpassError `no_such_event` */
  events(id: string): Promise<readonly ExplainedEvent[]>;
}

/** The images whose usage a command shows. */
export type UsageQuery = Pick<UsageQuestion, 'repository' | 'tag' | 'digest' | 'by' | 'since'>;

export interface UsageOperations {
  /** Returns the images that were used, sorted by name. */
  read(query: UsageQuery): Promise<readonly UsageView[]>;
  /** Returns the single pulls and pushes of images, the latest first. */
  events(query: EventQuestion, limit: number): Promise<readonly UsageEventView[]>;
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
  /**
   * Says what the deletion of a tag would delete.
   * @throws DockpassError `deletion_is_off`, `no_such_image`
   */
  deletionOf(repository: string, tag: string): Promise<TagDeletion>;
  /**
   * Deletes a tag, and with it whatever `deletionOf` named.
   * @param siblings true if other tags of the image may be deleted too
   * @throws DockpassError `deletion_is_off`, `no_such_image`, `tag_has_siblings`
   */
  deleteTag(repository: string, tag: string, siblings: boolean): Promise<void>;
  /**
   * Deletes an image with all its tags.
   * @param tags the tags that refer to the image, for the audit log
   * @throws DockpassError `deletion_is_off`, `no_such_image`
   */
  delete(repository: string, digest: string, tags: readonly string[]): Promise<void>;
}
