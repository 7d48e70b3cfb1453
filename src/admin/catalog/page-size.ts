import type { ImageRegistry } from '../images/image-registry.ts';

/** Returns true if the registry would answer a request for a page of `n` repositories. */
export type PageSizeCheck = (registry: Pick<ImageRegistry, 'api'>, n: number) => Promise<boolean>;

/** Every registry allows pages of this size, because it is the default size. */
const alwaysAllowed = 100;
/** The default of the setting `catalog.maxentries` of distribution. It counts if the registry cannot be asked. */
const defaultMaximum = 1000;
/** How long an answer of the registry is used, in milliseconds. */
const maxAgeMs = 60_000;

interface Known {
  readonly until: number;
  /** The largest number that the registry has allowed, and the smallest that it has rejected. */
  allowed: number;
  rejected: number;
}

/**
 * Creates the check of page sizes. It asks the registry itself, because its version and its settings decide which sizes
 * are too large. Answers are used again, also for other sizes.
 */
export function createPageSizeCheck(): PageSizeCheck {
  const knownOf = new WeakMap<ImageRegistry['api'], Known>();
  return async ({ api }, n) => {
    if (n <= alwaysAllowed) return true;
    let known = knownOf.get(api);
    if (known === undefined || performance.now() >= known.until) {
      known = { until: performance.now() + maxAgeMs, allowed: alwaysAllowed, rejected: Infinity };
      knownOf.set(api, known);
    }
    if (n <= known.allowed) return true;
    if (n >= known.rejected) return false;
    try {
      const isAllowed = await api.allowsPageSize(n);
      if (isAllowed) known.allowed = Math.max(known.allowed, n);
      else known.rejected = Math.min(known.rejected, n);
      return isAllowed;
    } catch {
      return n <= defaultMaximum;
    }
  };
}
