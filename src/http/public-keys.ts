import { setTimeout as wait } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import type { KeyRing } from '../keys/key-ring.ts';

/**
 * The maximum time in milliseconds for reading the key store. If reading takes longer, the endpoint sends the keys that
 * are in memory.
 */
const refreshTimeoutMs = 5000;

/**
 * Handles `GET /auth/jwks` (RFC 7517 section 5). The endpoint reads the key store before it responds, because another
 * dockpass process may already sign tokens with a new key. A registry needs this new key to verify these tokens. Caches
 * may store the response for one minute.
 */
export function publicKeys(keys: KeyRing): RequestHandler {
  return async (_request, response) => {
    await Promise.race([keys.refresh().catch(() => {}), wait(refreshTimeoutMs, undefined, { ref: false })]);
    response.set('Cache-Control', 'public, max-age=60').type('application/jwk-set+json');
    response.send(JSON.stringify({ keys: keys.published() }));
  };
}
