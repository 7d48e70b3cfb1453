import { openBrowser } from '../../dockpass/console.ts';
import { apiClient, password } from '../client.ts';
import type { ApiLab, Examples } from '../example.ts';

async function addGrant(lab: ApiLab): Promise<string> {
  const subject = await lab.addUser();
  await lab.issuer.server.store.grants.put({ subject, pattern: 'team/**', actions: ['pull'], createdAt: 0 });
  return subject;
}

/** Creates an access token of another user, and returns the path of the token. */
async function addToken(lab: ApiLab): Promise<string> {
  const user = await lab.addUser();
  const answer = await apiClient(lab.issuer)('post', '/tokens').send({ user, name: 'laptop' });
  return `/tokens/${String((answer.body as { id: string }).id)}`;
}

/** Signs another user in to the console, and returns the path of the session. */
async function addSession(lab: ApiLab): Promise<string> {
  const answer = await openBrowser(lab.issuer).signIn(await lab.addUser(), password);
  return `/sessions/${String((answer.body as { id: string }).id)}`;
}

export const access: Examples = {
  'GET /grants': async (lab) => ({ path: `/grants?subject=${await addGrant(lab)}`, status: 200 }),
  'POST /grants': async (lab) => ({
    path: '/grants',
    body: { subject: await lab.addUser(), pattern: 'team/**', actions: ['pull', 'push'] },
    status: 201,
  }),
  'DELETE /grants': async (lab) => ({
    path: `/grants?subject=${await addGrant(lab)}&pattern=team%2F**`,
    status: 204,
  }),
  'GET /tokens': async (lab) => {
    await addToken(lab);
    return { path: '/tokens?limit=2', status: 200 };
  },
  'POST /tokens': async (lab) => ({
    path: '/tokens',
    body: { name: lab.newName('token'), only: ['team/**:pull'], expires: '30d', description: 'build' },
    status: 201,
  }),
  'GET /tokens/{id}': async (lab) => ({ path: await addToken(lab), status: 200, statusOfOthers: 404 }),
  'DELETE /tokens/{id}': async (lab) => ({ path: await addToken(lab), status: 204, statusOfOthers: 404 }),
  'GET /sessions': async (lab) => {
    await addSession(lab);
    return { path: '/sessions?limit=2', status: 200 };
  },
  'GET /sessions/{id}': async (lab) => ({ path: await addSession(lab), status: 200, statusOfOthers: 404 }),
  'DELETE /sessions/{id}': async (lab) => ({ path: await addSession(lab), status: 204, statusOfOthers: 404 }),
};
