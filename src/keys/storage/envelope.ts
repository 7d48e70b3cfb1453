import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { DockpassError } from '../../errors.ts';

/** Encrypts and decrypts texts with a key that is derived from one secret. */
export interface Envelope {
  /**
   * The data that is stored next to the encrypted rows: the salt, and a known text in encrypted form. A secret is
   * correct if it can decrypt the known text.
   */
  readonly row: string;
  encrypt(name: string, text: string): string;
  /** @throws Error if the encrypted text was changed, or was encrypted under another name or with another secret */
  decrypt(name: string, encrypted: string): string;
}

/**
 * The name of the database row that contains the salt and an encrypted constant. If a secret decrypts this constant,
 * the secret is the right one.
 */
export const envelopeName = 'seal';

const version = 'v1';
const knownText = 'dockpass';

/** Creates an envelope with a new salt. */
export function createEnvelope(secret: string): Promise<Envelope> {
  return envelopeFor(secret, randomBytes(16));
}

/**
 * Creates the envelope for `row`, which was read from the database.
 * @throws DockpassError `key_secret` if `row` was written with another secret
 */
export async function readEnvelope(row: string, secret: string): Promise<Envelope> {
  const [found, salt = '', encrypted = ''] = row.split('.', 3);
  if (found !== version)
    throw new DockpassError(
      'key_secret',
      'the keys in the database are encrypted in a format that this version of dockpass does not know. Run a newer version of dockpass.',
    );
  const envelope = await envelopeFor(secret, Buffer.from(salt, 'base64url'), row);
  try {
    envelope.decrypt(envelopeName, encrypted);
  } catch (cause) {
    throw new DockpassError(
      'key_secret',
      'keys.secret (DOCKPASS_KEYS_SECRET_FILE) is not the secret that encrypted the keys in the database. Give every process the same secret.',
      { cause },
    );
  }
  return envelope;
}

/**
 * Encrypts with AES-256-GCM (NIST SP 800-38D) and a new nonce for each text. The name of the row is authenticated
 * together with the text, so that decryption fails if an attacker copies the text to another row. The encryption key is
 * derived from the secret with scrypt (RFC 7914), which also slows down attacks on a weak secret.
 */
async function envelopeFor(secret: string, salt: Buffer, row?: string): Promise<Envelope> {
  const key = await derive(secret, salt);
  const context = (name: string): Buffer => Buffer.from(`dockpass key ${version} ${name}`);
  const encrypt: Envelope['encrypt'] = (name, text) => {
    const nonce = randomBytes(nonceLength);
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
    cipher.setAAD(context(name));
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url');
  };
  const decrypt: Envelope['decrypt'] = (name, encrypted) => {
    const bytes = Buffer.from(encrypted, 'base64url');
    const nonce = bytes.subarray(0, nonceLength);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
    decipher.setAAD(context(name)).setAuthTag(bytes.subarray(-tagLength));
    const body = bytes.subarray(nonceLength, -tagLength);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
  };
  return {
    row: row ?? [version, salt.toString('base64url'), encrypt(envelopeName, knownText)].join('.'),
    encrypt,
    decrypt,
  };
}

/** The lengths of the nonce and of the authentication tag, in bytes. */
const nonceLength = 12;
const tagLength = 16;

/**
 * Derives the encryption key from the secret. This takes about 0.1 seconds and 32 MB of memory, once at each start of
 * dockpass.
 */
function derive(secret: string, salt: Buffer): Promise<Buffer> {
  const cost = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, 32, cost, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
