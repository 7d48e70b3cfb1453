import type { ApiLab, Examples } from '../example.ts';

async function addGrant(lab: ApiLab): Promise<string> {
  const subject = await lab.addUser();
  await lab.issuer.server.store.grants.put({ subject, pattern: 'team/**', actions: ['pull'], createdAt: 0 });
  return subject;
}

async function addToken(lab: ApiLab): Promise<string> {
  const user = await lab.addUser();
  await lab.issuer.addAccessToken(user, { name: 'laptop' });
  return `${user}:laptop`;
}

async function addSession(lab: ApiLab): Promise<string> {
  const id = lab.newName('session');
  const at = Math.floor(lab.issuer.clock() / 1000);
  await lab.issuer.server.store.refreshTokens.add({
    ...{
      hash: id,
      id,
      user: await lab.addUser(),
      service: 'registry',
      host: 'a.example.com',
      client: 'docker',
    },
    ...{ createdAt: at, expiresAt: at + 1000, lastUse: { at, from: '192.0.2.1' } },
  });
  return id;
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
    return { path: '/tokens?limit=5&q=lap', status: 200 };
  },
  'POST /tokens': async (lab) => ({
    path: '/tokens',
    body: {
      name: lab.newName('token'),
      only: ['team/**:pull'],
      expires: '30d',
      api: true,
      owner: 'team web',
    },
    status: 201,
  }),
  'GET /tokens/{id}': async (lab) => ({
    path: `/tokens/${encodeURIComponent(await addToken(lab))}`,
    status: 200,
    statusOfOthers: 404,
  }),
  'DELETE /tokens/{id}': async (lab) => ({
    path: `/tokens/${encodeURIComponent(await addToken(lab))}`,
    status: 204,
    statusOfOthers: 404,
  }),
  'GET /sessions': async (lab) => ({ path: `/sessions?limit=5&q=${await addSession(lab)}`, status: 200 }),
  'GET /sessions/{id}': async (lab) => ({
    path: `/sessions/${await addSession(lab)}`,
    status: 200,
    statusOfOthers: 404,
  }),
  'DELETE /sessions/{id}': async (lab) => ({
    path: `/sessions/${await addSession(lab)}`,
    status: 204,
    statusOfOthers: 404,
  }),
};
