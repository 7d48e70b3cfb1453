import { password } from '../client.ts';
import type { Examples } from '../example.ts';

export const entry: Examples = {
  'GET /openapi.json': async () => ({ path: '/openapi.json', status: 200 }),
  // There is an administrator already. test/http/api/entry/setup.test.ts tests the setup.
  'POST /setup': async (lab) => ({
    path: '/setup',
    body: { code: 'no-such-setup-code', name: lab.newName('user'), password },
    status: 403,
  }),
  'POST /session': async (lab) => ({
    path: '/session',
    body: { name: await lab.addUser(), password },
    status: 201,
  }),
  // A request with an Authorization header has no session of the console. test/http/api/entry/ has the tests with one.
  'DELETE /session': async () => ({ path: '/session', status: 404 }),
  'POST /session/registry-token': async () => ({
    path: '/session/registry-token',
    body: { scopes: ['repository:team/app:pull'] },
    status: 403,
  }),
};
