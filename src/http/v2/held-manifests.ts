import { DockpassError } from '../../errors.ts';

/** How many bytes of complete manifests may be in memory at the same time. */
const maxBytes = 64 * 1024 * 1024;

/**
 * Creates a function that runs `work`, which needs this many bytes until the registry has answered.
 * @throws DockpassError `busy` if other manifests need too much memory
 */
export function createHeldManifests(): <Result>(
  bytes: number,
  work: () => Promise<Result>,
) => Promise<Result> {
  let held = 0;
  return async (bytes, work) => {
    if (held + bytes > maxBytes)
      throw new DockpassError(
        'busy',
        'too many large manifests are being pushed at the same time. Try again in a few seconds.',
        { retryAfter: 5 },
      );
    held += bytes;
    try {
      return await work();
    } finally {
      held -= bytes;
    }
  };
}
