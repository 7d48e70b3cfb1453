import type { PlacedEvent } from './registry-event.ts';

/**
 * The subject of the tokens with which dockpass itself reads images from a registry. No user, robot or trust rule can
 * have this name. What dockpass fetches is no pull, because otherwise each plan of retention, and each look at the
 * console, would make images seem used.
 */
export const ownActor = 'dockpass:self';

/** Returns true if dockpass itself has caused an event, so that it is no pull. */
export function isOwn({ actor, isProbe }: PlacedEvent): boolean {
  return isProbe === true || actor === ownActor;
}
