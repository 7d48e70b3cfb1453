import { setTimeout as wait } from 'node:timers/promises';
import type { RequestHandler } from 'express';
import type { KeyRing } from '../keys/key-ring.ts';

/** Milliseconds to wait for where the keys are kept; then what is known is shown. */
const patience = 5000;

/**
 * `GET /auth/jwks` (RFC 7517 section 5). Looks before it answers: a leaf that any process may sign with is shown by
 * every one, however late its own next look is. Short-lived in caches.
 */
export function publicKeys(keys: KeyRing): RequestHandler {
  return async (_request, response) => {
    await Promise.race([keys.refresh().catch(() => {}), wait(patience, undefined, { ref: false })]);
    response.set('Cache-Control', 'public, max-age=60').type('application/jwk-set+json');
    response.send(JSON.stringify({ keys: keys.published() }));
  };
}
