import { DockpassError } from '../errors.ts';
import type { TagClaims } from '../store/store.ts';
import { leaseTag } from './tag-lease.ts';
import { createTurns, type Turn } from './turns.ts';

/** A push of a manifest to a tag that must not change once it exists. */
export interface TagPush {
  readonly repository: string;
  readonly tag: string;
  /** The digest of the manifest. */
  readonly digest: string;
}

/** Pushes to immutable tags, so that only the first push of each tag has an effect. */
export interface TagPusher {
  /**
   * Runs `send`, which sends the manifest to the registry, if the tag does not exist. No other push to the tag runs at
   * the same time, on any server that uses the same database. If the tag exists already with the same digest, `send` runs
   * too, because it changes nothing: clients repeat a request whose answer was lost.
   * @param send called at most once. It must call `mayStart` when it is ready to send the first byte, and must not send
   *   anything if the result is false. It throws `OutcomeUnknown` if the registry may still execute the request
   * @throws DockpassError `immutable_tag`, `busy`, `unavailable`, `database`, `database_busy`
   */
  push<Result>(push: TagPush, send: (mayStart: () => boolean) => Promise<Result>): Promise<Result>;
}

/** The request was sent, but no answer came. The registry may execute it later. */
export class OutcomeUnknown extends Error {}

/** How long a push waits for other pushes to the same tag, in milliseconds. */
const maxWaitMs = 30_000;
/** How many pushes to the same tag may wait in this server. */
const maxWaiting = 100;

/** @param findDigest returns the digest of the manifest that has the tag in the registry; undefined if there is none */
export function createTagPusher(
  claims: TagClaims,
  findDigest: (repository: string, tag: string) => Promise<string | undefined>,
): TagPusher {
  const turns = createTurns(maxWaiting);
  return {
    push: async (push, send) => {
      const { repository, tag, digest } = push;
      const deadline = performance.now() + maxWaitMs;
      // Pushes in the same process wait here, so that only one of them asks the database again and again.
      const turn = turns.take(`${repository}:${tag}`);
      if (turn === undefined || !(await hasBegun(turn, deadline))) throw tooLong(push);
      try {
        const lease = await leaseTag(claims, { repository, tag }, deadline);
        if (lease === undefined) throw tooLong(push);
        let isKnown = true;
        try {
          const existing = await findDigest(repository, tag);
          if (existing !== undefined && existing !== digest) throw immutable(push);
          return await send(lease.isValid);
        } catch (error) {
          isKnown = !(error instanceof OutcomeUnknown);
          throw error;
        } finally {
          if (isKnown) await lease.release();
          else lease.abandon();
        }
      } finally {
        turn.end();
      }
    },
  };
}

/** Waits for a turn. If it has not begun at the deadline, ends it and returns false. */
async function hasBegun({ begun, end }: Turn, deadline: number): Promise<boolean> {
  const { promise, resolve } = Promise.withResolvers<boolean>();
  const timer = setTimeout(() => resolve(false), deadline - performance.now());
  const isMine = await Promise.race([begun.then(() => true), promise]);
  clearTimeout(timer);
  if (!isMine) end();
  return isMine;
}

function immutable({ repository, tag }: TagPush): DockpassError<'immutable_tag'> {
  return new DockpassError(
    'immutable_tag',
    `tag ${repository}:${tag} already exists and is immutable. Push another tag.`,
  );
}

function tooLong({ repository, tag }: TagPush): DockpassError<'busy'> {
  return new DockpassError(
    'busy',
    `other pushes to the tag ${repository}:${tag} have not finished. Try again in a few seconds.`,
    { retryAfter: 5 },
  );
}
