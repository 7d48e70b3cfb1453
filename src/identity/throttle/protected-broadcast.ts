import {
  createCipheriv,
  createDecipheriv,
  createHmac,
  hkdfSync,
  randomBytes,
  timingSafeEqual,
} from 'node:crypto';
import type { Clock } from '../../clock.ts';
import type { Broadcast } from '../../store/broadcast.ts';

/** The beginning of each message. Messages of other formats, for example from older versions, are ignored. */
const prefix = 'v2.';
/** PostgreSQL accepts only messages that are shorter than 8,000 bytes. */
const maxLength = 8000;
/**
 * The maximum difference between the time in a message and the time of this server, in milliseconds. If the difference
 * is larger, the message is ignored. So the clocks of the servers need not be exact, but an attacker cannot send a
 * recorded message again later. `createReplayGuard` detects messages that are repeated sooner.
 */
const maxAgeMs = 60_000;
/** The largest number of message ids in each of the two sets that `createReplayGuard` keeps. */
const maxRemembered = 50_000;

/** The lengths of the parts of a message, in bytes: initialization vector, time, authentication code. */
const [ivLength, timeLength, macLength] = [16, 8, 32];

/**
 * Why a message is ignored: it was not sent with the `keys.secret` of this server, its time differs too much from the
 * clock of this server, or it has arrived before.
 */
export type IgnoredReason = 'not authentic' | 'wrong time' | 'repeated';

/**
 * Protects the messages that servers send each other. Any role that may connect to the database can read and send
 * messages on the channel, without any other right. So each message is encrypted with AES-256-CTR, and authenticated
 * with HMAC-SHA256 (RFC 2104) together with its time. The keys are derived from `keys.secret` with HKDF (RFC 5869). A
 * message that was not sent by a server with the same secret, is too old, or has arrived before, is ignored.
 * @param onIgnored is called for each message that is ignored
 */
export function protectBroadcast(
  broadcast: Broadcast,
  secret: string,
  clock: Clock,
  onIgnored: (reason: IgnoredReason) => void = () => {},
): Broadcast {
  const [encryptionKey, macKey] = [deriveKey(secret, 'encryption'), deriveKey(secret, 'authentication')];
  const macOf = (data: Buffer): Buffer => createHmac('sha256', macKey).update(data).digest();

  const encrypt = (text: string): string => {
    const iv = randomBytes(ivLength);
    const time = Buffer.alloc(timeLength);
    time.writeBigUInt64BE(BigInt(Math.floor(clock())));
    const cipher = createCipheriv('aes-256-ctr', encryptionKey, iv);
    const data = Buffer.concat([iv, time, cipher.update(text, 'utf8'), cipher.final()]);
    return prefix + Buffer.concat([data, macOf(data)]).toString('base64url');
  };
  const decrypt = (message: string): Decrypted | undefined => {
    if (!message.startsWith(prefix) || message.length > maxLength) return undefined;
    const bytes = Buffer.from(message.slice(prefix.length), 'base64url');
    if (bytes.length < ivLength + timeLength + macLength) return undefined;
    const data = bytes.subarray(0, -macLength);
    if (!timingSafeEqual(macOf(data), bytes.subarray(-macLength))) return undefined;
    const iv = data.subarray(0, ivLength);
    const decipher = createDecipheriv('aes-256-ctr', encryptionKey, iv);
    const text = decipher.update(data.subarray(ivLength + timeLength));
    return {
      id: iv.toString('base64url'),
      at: Number(data.readBigUInt64BE(ivLength)),
      text: Buffer.concat([text, decipher.final()]).toString('utf8'),
    };
  };

  return {
    publish: (text) => broadcast.publish(encrypt(text)),
    subscribe: (listener) => {
      const findFault = createReplayGuard(clock);
      return broadcast.subscribe((message) => {
        const decrypted = decrypt(message);
        if (decrypted === undefined) return onIgnored('not authentic');
        const fault = findFault(decrypted);
        if (fault !== undefined) return onIgnored(fault);
        listener(decrypted.text);
      });
    },
  };
}

interface Decrypted {
  /** The initialization vector, which is different for each message. */
  readonly id: string;
  /** The time when the message was sent, in milliseconds since the epoch. */
  readonly at: number;
  readonly text: string;
}

/**
 * Returns a function that finds out whether a message is too old or was received before. The ids of received messages
 * are stored in two sets. From time to time, the older set is discarded, the newer set becomes the older one, and a
 * new, empty set begins.
 * - Usually, this happens after twice the maximum age of a message. Then all messages of the discarded set are too old.
 * - If the newer set is full, it happens earlier. Then some messages of the discarded set are not too old yet, and
 *   could be sent again. So from then on, the function rejects all messages that are not newer than the newest message
 *   of the discarded set.
 */
function createReplayGuard(clock: Clock): (message: Decrypted) => IgnoredReason | undefined {
  let current = new Set<string>();
  let previous = new Set<string>();
  let begunAt = clock();
  let [newest, newestOfPrevious, forgottenUntil] = [-Infinity, -Infinity, -Infinity];
  return ({ id, at }) => {
    const now = clock();
    if (Math.abs(now - at) > maxAgeMs || at <= forgottenUntil) return 'wrong time';
    if (current.has(id) || previous.has(id)) return 'repeated';
    if (Math.abs(now - begunAt) > 2 * maxAgeMs || current.size >= maxRemembered) {
      forgottenUntil = newestOfPrevious;
      [previous, newestOfPrevious] = [current, newest];
      [current, newest, begunAt] = [new Set(), -Infinity, now];
    }
    current.add(id);
    newest = Math.max(newest, at);
    return undefined;
  };
}

/** Derives a key from the secret. All servers must derive the same keys, so the labels must not change. */
function deriveKey(secret: string, purpose: 'encryption' | 'authentication'): Buffer {
  return Buffer.from(hkdfSync('sha256', secret, '', `dockpass messages between servers: ${purpose}`, 32));
}
