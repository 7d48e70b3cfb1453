import type { RequestHandler } from 'express';
import type { KeyRing } from '../keys/key-ring.ts';

/** `GET /auth/jwks` (RFC 7517 section 5). Short-lived in caches: a new leaf is published before it signs. */
export function publicKeys(keys: KeyRing): RequestHandler {
  return (_request, response) => {
    response.set('Cache-Control', 'public, max-age=60').type('application/jwk-set+json');
    response.send(JSON.stringify({ keys: keys.published() }));
  };
}
