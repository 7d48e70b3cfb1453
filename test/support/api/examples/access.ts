import type { ApiLab, Examples } from '../example.ts';

async function addGrant(lab: ApiLab): Promise<string> {
  const subject = await lab.addUser();
  await lab.issuer.server.store.grants.put({ subject, pattern: 'team/**', actions: ['pull'], createdAt: 0 });
  return subject;
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
};
