import { createCipheriv, createDecipheriv, randomBytes, scrypt } from 'node:crypto';
import { DockpassError } from '../../errors.ts';

/** What a secret seals, and opens again. */
export interface Envelope {
  /** To be kept beside what it seals: the salt, and something sealed by which a wrong secret is told from a right one. */
  readonly row: string;
  close(name: string, text: string): string;
  /** @throws Error where it was changed, or sealed under another name or by another secret */
  open(name: string, sealed: string): string;
}

/** Under which the row stands. */
export const envelopeName = 'seal';

const version = 'v1';
const sealedText = 'dockpass';

/** A new one, with a salt of its own. */
export function createEnvelope(secret: string): Promise<Envelope> {
  return sealWith(secret, randomBytes(16));
}

/** @throws DockpassError `key_secret` where the secret is not the one that made the row */
export async function readEnvelope(row: string, secret: string): Promise<Envelope> {
  const [found, salt = '', sealed = ''] = row.split('.', 3);
  if (found !== version)
    throw new DockpassError(
      'key_secret',
      'the keys in the database are sealed in a way that this dockpass does not know: run the newer version',
    );
  const seal = await sealWith(secret, Buffer.from(salt, 'base64url'), row);
  try {
    seal.open(envelopeName, sealed);
  } catch (cause) {
    throw new DockpassError(
      'key_secret',
      'keys.secret (DOCKPASS_KEYS_SECRET_FILE) is not the secret that the keys in the database are sealed with: give every process the same one',
      { cause },
    );
  }
  return seal;
}

/**
 * AES-256-GCM (NIST SP 800-38D) with a fresh nonce each time; the name is bound to what it seals, so that no row can
 * take another's place. The key comes from the secret by scrypt (RFC 7914), which makes guessing a weak one slow, too.
 */
async function sealWith(secret: string, salt: Buffer, row?: string): Promise<Envelope> {
  const key = await derive(secret, salt);
  const context = (name: string): Buffer => Buffer.from(`dockpass key ${version} ${name}`);
  const close: Envelope['close'] = (name, text) => {
    const nonce = randomBytes(nonceLength);
    const cipher = createCipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
    cipher.setAAD(context(name));
    const body = Buffer.concat([cipher.update(text, 'utf8'), cipher.final()]);
    return Buffer.concat([nonce, body, cipher.getAuthTag()]).toString('base64url');
  };
  const open: Envelope['open'] = (name, sealed) => {
    const bytes = Buffer.from(sealed, 'base64url');
    const nonce = bytes.subarray(0, nonceLength);
    const decipher = createDecipheriv('aes-256-gcm', key, nonce, { authTagLength: tagLength });
    decipher.setAAD(context(name)).setAuthTag(bytes.subarray(-tagLength));
    const body = bytes.subarray(nonceLength, -tagLength);
    return Buffer.concat([decipher.update(body), decipher.final()]).toString('utf8');
  };
  return {
    row: row ?? [version, salt.toString('base64url'), close(envelopeName, sealedText)].join('.'),
    close,
    open,
  };
}

/** Bytes. */
const nonceLength = 12;
const tagLength = 16;

/** A tenth of a second and 32 MB, once with every start. */
function derive(secret: string, salt: Buffer): Promise<Buffer> {
  const cost = { N: 2 ** 15, r: 8, p: 1, maxmem: 64 * 1024 * 1024 };
  return new Promise((resolve, reject) => {
    scrypt(secret, salt, 32, cost, (error, key) => {
      if (error) reject(error);
      else resolve(key);
    });
  });
}
