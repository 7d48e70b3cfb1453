import { administrator, password } from '../client.ts';
import type { ApiLab, Examples } from '../example.ts';
import { openBrowser } from '../../dockpass/console.ts';

async function newCookie({ issuer }: ApiLab): Promise<string> {
  const browser = openBrowser(issuer);
  await browser.signIn(administrator, password);
  return browser.cookie();
}

export const entry: Examples = {
  'GET /openapi.json': async () => ({ path: '/openapi.json', status: 200 }),
  // The server of the examples has an administrator, so no one can become the first one.
  'POST /setup': async (lab) => ({
    path: '/setup',
    body: { code: 'x'.repeat(32), name: lab.newName('root'), password },
    status: 403,
  }),
  'GET /session': async () => ({ path: '/session', status: 200 }),
  'POST /session': async (lab) => ({
    path: '/session',
    body: { name: await lab.addUser(), password },
    status: 201,
  }),
  // A session that this request has in addition to its login.
  'DELETE /session': async (lab) => ({
    path: '/session',
    headers: { Cookie: await newCookie(lab) },
    status: 204,
  }),
  'POST /session/registry-token': async () => ({
    path: '/session/registry-token',
    body: { scopes: ['repository:team/app:pull'] },
    through: 'console',
    status: 200,
    statusOfLimited: 403,
  }),
};
