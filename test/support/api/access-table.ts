import type { Access } from '../../../src/http/api/caller.ts';

/**
 * Who may use each route. This table is written by hand and not read from the routes, so that a route whose access is
 * changed by mistake fails a test.
 */
export const accessTable: Readonly<Record<string, Access>> = {
  'GET /openapi.json': 'signed in',
  'GET /me': 'signed in',
  'GET /users': 'administrator',
  'POST /users': 'administrator',
  'GET /users/{name}': 'administrator',
  'PATCH /users/{name}': 'administrator',
  'DELETE /users/{name}': 'administrator',
  'DELETE /users/{name}/lockout': 'administrator',
  'GET /groups': 'administrator',
  'POST /groups': 'administrator',
  'GET /groups/{name}': 'administrator',
  'DELETE /groups/{name}': 'administrator',
  'PUT /groups/{name}/members/{user}': 'administrator',
  'DELETE /groups/{name}/members/{user}': 'administrator',
  'GET /groups/{name}/members/{user}': 'administrator',
  'GET /grants/removal': 'administrator',
  'POST /robot-rotations': 'administrator',
  'POST /session-revocations': 'administrator',
  'GET /grants': 'administrator',
  'POST /grants': 'administrator',
  'DELETE /grants': 'administrator',
};
