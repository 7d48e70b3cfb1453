import { randomUUID } from 'node:crypto';
import type { TagClaim, TagClaims } from '../store/store.ts';

/**
 * How long a claim is valid if it is not renewed, in milliseconds. If a server is killed during a push, the tag is free
 * after this time.
 */
const leaseMs = 6000;
/** How often a claim is renewed, in milliseconds. */
const renewMs = 1500;
/** A push must not begin if its claim ends within this time, in milliseconds. Small requests arrive much faster. */
const marginMs = 2000;
/** How often a claim that another server holds is tried again, in milliseconds. */
const retryMs = 100;

/** The claim of a running push for its tag, which is renewed until the push ends. */
export interface TagLease {
  /**
   * Returns true if the claim is certainly valid for some time. A server whose process was stopped for a while, or whose
   * database did not answer, can have lost its claim.
   */
  isValid(): boolean;
  /** Ends the claim at once. Never throws: if the database does not answer, the claim ends by itself. */
  release(): Promise<void>;
  /** Lets the claim end by itself. For a push whose outcome is unknown, because the registry may still execute it. */
  abandon(): void;
}

/**
 * Claims a tag. Waits as long as another push has it.
 * @param deadline when to stop waiting, in milliseconds by `performance.now()`
 * @returns undefined if another push still has the tag then
 * @throws DockpassError `database`, `database_busy`
 */
export async function leaseTag(
  claims: TagClaims,
  tag: Omit<TagClaim, 'holder'>,
  deadline: number,
): Promise<TagLease | undefined> {
  const claim = { ...tag, holder: randomUUID() };
  for (;;) {
    const askedAt = performance.now();
    if (await claims.take(claim, leaseMs)) return keep(claims, claim, askedAt);
    if (performance.now() + retryMs >= deadline) return undefined;
    await new Promise((resolve) => setTimeout(resolve, retryMs));
  }
}

function keep(claims: TagClaims, claim: TagClaim, askedAt: number): TagLease {
  // The lease began when the database answered, or earlier. The time of the question is certainly earlier.
  let validUntil = askedAt + leaseMs;
  let renewal = Promise.resolve();
  const renew = async (): Promise<void> => {
    const now = performance.now();
    try {
      validUntil = (await claims.renew(claim, leaseMs)) ? now + leaseMs : 0;
    } catch {
      // The claim may end now. The next renewal tries again.
    }
  };
  const timer = setInterval(() => (renewal = renewal.then(renew)), renewMs).unref();
  return {
    isValid: () => performance.now() + marginMs < validUntil,
    release: async () => {
      clearInterval(timer);
      await renewal;
      await claims.release(claim).catch(() => {});
    },
    abandon: () => clearInterval(timer),
  };
}
