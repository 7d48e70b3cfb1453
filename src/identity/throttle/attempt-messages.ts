import type { CountedAttempt, Outcome } from './attempt-counters.ts';

/** An address prefix and an account. The user of the account has logged in from an address with this prefix. */
export type KnownAddress = readonly [addressPrefix: string, account: string];

/**
 * A login attempt in a message. It does not contain the time when the user was last unlocked: each process that
 * receives the message reads this time from the database.
 */
export type SharedAttempt = Omit<CountedAttempt, 'unlockedAt'>;

/** The messages that processes send each other, as JSON. */
export type AttemptMessage =
  | { readonly event: 'begin'; readonly id: string; readonly attempt: SharedAttempt }
  | {
      readonly event: 'end';
      readonly id: string;
      readonly attempt: SharedAttempt;
      readonly outcome: Outcome;
    }
  | { readonly event: 'known addresses'; readonly addresses: readonly KnownAddress[] };

/** The largest number of addresses in one message, because a message must be shorter than 8,000 bytes. */
export const maxAddressesPerMessage = 12;
/** The largest lengths of an address prefix, an account and a fingerprint, in characters. */
const maxLengths = { addressPrefix: 64, account: 65, fingerprint: 64 } as const;
const outcomes: ReadonlySet<unknown> = new Set<Outcome>(['right', 'wrong', 'unanswered']);

export function formatMessage(message: AttemptMessage): string {
  return JSON.stringify(message);
}

/**
 * Parses a message and checks the type and the length of each of its parts. Never throws.
 * @returns undefined if this version does not know the message. During an update, servers of another version may send
 *   unknown messages
 */
export function parseMessage(text: string): AttemptMessage | undefined {
  let message: unknown;
  try {
    message = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (!isObject(message)) return undefined;
  const { event, id, attempt, outcome, addresses } = message;
  if (event === 'known addresses') {
    if (!Array.isArray(addresses) || addresses.length > maxAddressesPerMessage) return undefined;
    const known = addresses.map(toKnownAddress);
    return known.includes(undefined) ? undefined : { event, addresses: known as KnownAddress[] };
  }
  const shared = toSharedAttempt(attempt);
  if (shared === undefined || typeof id !== 'string' || !/^[\da-f-]{36}$/.test(id)) return undefined;
  if (event === 'begin') return { event, id, attempt: shared };
  if (event === 'end' && outcomes.has(outcome))
    return { event, id, attempt: shared, outcome: outcome as Outcome };
  return undefined;
}

function toSharedAttempt(value: unknown): SharedAttempt | undefined {
  if (!isObject(value)) return undefined;
  const { addressPrefix, account, accountExists, fingerprint, isKnownAddress } = value;
  return isText(addressPrefix, maxLengths.addressPrefix) &&
    isText(account, maxLengths.account) &&
    isText(fingerprint, maxLengths.fingerprint) &&
    typeof accountExists === 'boolean' &&
    typeof isKnownAddress === 'boolean'
    ? { addressPrefix, account, accountExists, fingerprint, isKnownAddress }
    : undefined;
}

function toKnownAddress(value: unknown): KnownAddress | undefined {
  if (!Array.isArray(value) || value.length !== 2) return undefined;
  const [addressPrefix, account] = value as unknown[];
  return isText(addressPrefix, maxLengths.addressPrefix) && isText(account, maxLengths.account)
    ? [addressPrefix, account]
    : undefined;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null;
}

function isText(value: unknown, maxLength: number): value is string {
  return typeof value === 'string' && value.length <= maxLength;
}
