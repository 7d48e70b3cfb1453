import { setTimeout as wait } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import type { KeyRing } from '../keys/key-ring.ts';

/** Milliseconds to wait for the key store. If reading it takes longer, the keys in memory are sent. */
const refreshTimeoutMs = 5000;

/**
 * Handles `GET /auth/jwks` (RFC 7517 section 5). The key store is read before the response is sent, because another
 * process may already sign with a new key, and a registry that requests the public keys must receive that key too.
 * Caches may store the response for one minute.
 */
export function publicKeys(keys: KeyRing): RequestHandler {
  return async (_request, response) => {
    await Promise.race([keys.refresh().catch(() => {}), wait(refreshTimeoutMs, undefined, { ref: false })]);
    response.set('Cache-Control', 'public, max-age=60').type('application/jwk-set+json');
    response.send(JSON.stringify({ keys: keys.published() }));
  };
}
