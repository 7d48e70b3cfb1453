import type { Access } from '../../../src/http/api/caller.ts';

/**
 * Who may use each route. This table is written by hand and not read from the routes, so that a route whose access is
 * changed by mistake fails a test.
 */
export const accessTable: Readonly<Record<string, Access>> = {
  'GET /openapi.json': 'signed in',
  'POST /setup': 'anyone',
  'POST /session': 'anyone',
  'DELETE /session': 'signed in',
  'POST /session/registry-token': 'signed in',
  'GET /me': 'signed in',
  'GET /users': 'administrator',
  'POST /users': 'administrator',
  'GET /users/{name}': 'administrator',
  'PATCH /users/{name}': 'administrator',
  'DELETE /users/{name}': 'administrator',
  'DELETE /users/{name}/lockout': 'administrator',
  'POST /users/{name}/password': 'user',
  'GET /groups': 'administrator',
  'POST /groups': 'administrator',
  'GET /groups/{name}': 'administrator',
  'DELETE /groups/{name}': 'administrator',
  'PUT /groups/{name}/members/{user}': 'administrator',
  'DELETE /groups/{name}/members/{user}': 'administrator',
  'GET /grants': 'administrator',
  'POST /grants': 'administrator',
  'DELETE /grants': 'administrator',
  'GET /tokens': 'user',
  'POST /tokens': 'user',
  'GET /tokens/{id}': 'user',
  'DELETE /tokens/{id}': 'user',
  'GET /sessions': 'user',
  'GET /sessions/{id}': 'user',
  'DELETE /sessions/{id}': 'user',
};
