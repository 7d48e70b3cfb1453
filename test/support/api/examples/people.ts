import { password } from '../client.ts';
import type { Examples } from '../example.ts';

export const people: Examples = {
  'GET /me': async () => ({ path: '/me', status: 200 }),
  'GET /users': async (lab) => ({ path: `/users?limit=5&q=${await lab.addUser()}`, status: 200 }),
  'POST /users': async (lab) => ({
    path: '/users',
    body: { name: lab.newName('user'), role: 'reader', password },
    status: 201,
  }),
  'GET /users/{name}': async (lab) => ({ path: `/users/${await lab.addUser()}`, status: 200 }),
  'PATCH /users/{name}': async (lab) => ({
    path: `/users/${await lab.addUser()}`,
    body: { role: 'reader', disabled: true },
    status: 200,
  }),
  'DELETE /users/{name}': async (lab) => ({ path: `/users/${await lab.addUser()}`, status: 204 }),
  'POST /users/{name}/password': async (lab) => ({
    path: `/users/${await lab.addUser()}/password`,
    body: { current: password, password: 'another horse battery' },
    status: 200,
    statusOfOthers: 404,
  }),
  'DELETE /users/{name}/lockout': async (lab) => ({
    path: `/users/${await lab.addUser()}/lockout`,
    status: 204,
  }),
  'GET /groups': async (lab) => ({ path: `/groups?q=${await lab.addGroup()}`, status: 200 }),
  'POST /groups': async (lab) => ({ path: '/groups', body: { name: lab.newName('group') }, status: 201 }),
  'GET /groups/{name}': async (lab) => ({ path: `/groups/${await lab.addGroup()}`, status: 200 }),
  'DELETE /groups/{name}': async (lab) => ({ path: `/groups/${await lab.addGroup()}`, status: 204 }),
  'PUT /groups/{name}/members/{user}': async (lab) => ({
    path: `/groups/${await lab.addGroup()}/members/${await lab.addUser()}`,
    status: 200,
  }),
  'DELETE /groups/{name}/members/{user}': async (lab) => ({
    path: `/groups/${await lab.addGroup()}/members/${await lab.addUser()}`,
    status: 204,
  }),
};
