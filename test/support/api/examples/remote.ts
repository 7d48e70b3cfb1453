import type { Examples } from '../example.ts';

/** The routes that only the command line needs. */
export const remote: Examples = {
  'GET /groups/{name}/members/{user}': async (lab) => ({
    path: `/groups/${await lab.addGroup()}/members/${await lab.addUser()}`,
    status: 200,
  }),
  'GET /grants/removal': async (lab) => {
    const subject = await lab.addUser();
    await lab.issuer.server.store.grants.put({
      ...{ subject, pattern: 'team/**', createdAt: 0 },
      actions: ['pull'],
    });
    return { path: `/grants/removal?subject=${subject}&pattern=team%2F**`, status: 200 };
  },
  'POST /robot-rotations': async () => ({ path: '/robot-rotations', body: { expiring: '1d' }, status: 200 }),
  'POST /session-revocations': async (lab) => ({
    path: '/session-revocations',
    body: { user: await lab.addUser() },
    status: 200,
  }),
};
