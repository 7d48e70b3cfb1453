/** The limits of one audit event. */
export const eventLimits = {
  /** The maximum number of characters of the requested scopes of a denied request. */
  deniedScopes: 1000,
  /** The maximum number of characters of a list of scopes. A scope consists of ASCII characters. */
  scopes: 2000,
  /** The maximum number of characters of the list with the reasons for the decisions on the requested scopes. */
  reasons: 500,
  /** The maximum number of bytes of the User-Agent, which can contain non-ASCII characters. */
  client: 240,
  address: 60,
  /** The maximum number of bytes of the user name that the client of a denied request sent. */
  name: 256,
} as const;

/**
 * The maximum size in bytes of the events of known users and robots that are held in memory while the database cannot
 * store events, for example because the disk is full. If the maximum is reached, newer events are dropped and counted
 * in a metric.
 */
export const provenBytes = 64 * 1024 * 1024;

/**
 * The limits of unproven events: denied requests and tokens for anonymous clients. Anyone can cause them, so they have
 * a small share of the memory and of the audit log. At most `bytes` are written in one second. All further events
 * become rows without details, which only have a count.
 */
export const unprovenLimits = {
  bytes: 256 * 1024,
  /**
   * The largest part of `bytes` that one network can use. So one attacker cannot use up all of `bytes`, and the events
   * of other clients still have room for their details.
   */
  bytesOfNetwork: 64 * 1024,
  /**
   * The maximum number of characters in each list of scopes of an event for an anonymous client. Such an event has two
   * lists: the requested scopes and the granted scopes.
   */
  scopes: 1000,
} as const;

/** The approximate number of bytes that an event needs in memory in addition to its text. */
const overhead = 200;

/** Returns the approximate number of bytes that an event needs in memory. */
export function memoryOf(event: string): number {
  return overhead + 2 * event.length;
}
