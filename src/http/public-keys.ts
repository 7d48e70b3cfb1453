import { setTimeout as wait } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import type { KeyRing } from '../keys/key-ring.ts';

/** Milliseconds to wait until the key store is read. After that, the keys in memory are sent. */
const refreshTimeoutMs = 5000;

/**
 * `GET /auth/jwks` (RFC 7517 section 5). Reads the key store before it answers. Another process can already sign with a
 * new key, and a registry that asks here for that key must find it. Caches may store the response for one minute.
 */
export function publicKeys(keys: KeyRing): RequestHandler {
  return async (_request, response) => {
    await Promise.race([keys.refresh().catch(() => {}), wait(refreshTimeoutMs, undefined, { ref: false })]);
    response.set('Cache-Control', 'public, max-age=60').type('application/jwk-set+json');
    response.send(JSON.stringify({ keys: keys.published() }));
  };
}
