import { recordCandidate } from '../../../../src/admin/trust/candidate.ts';
import { addTrustRule } from '../../../../src/admin/trust/rules.ts';
import type { ApiLab, Examples } from '../example.ts';

const audience = ['registry.example.com'];
const github = { issuer: 'github', when: { repository: ['acme/app'] }, only: ['acme/app/**:pull,push'] };

/** Adds a rule, and returns its name. If it waits, a JWT has matched it. */
async function addRule({ issuer, newName }: ApiLab, pins: readonly string[] = []): Promise<string> {
  const { store } = issuer.server;
  const definition = { ...github, audience };
  const newRule = { name: newName('rule'), definition, pins };
  const { name } = await addTrustRule(store, issuer.clock, issuer.config, newRule);
  const claims = { repository: 'acme/app', repository_id: '1' };
  await recordCandidate(store, issuer.clock, name, claims, '192.0.2.1');
  return name;
}

/** A JWT whose signature is wrong: `{"alg":"ES256"}`, `{"iss":"https://ci.example.com"}`. */
export const foreignJwt = 'eyJhbGciOiJFUzI1NiJ9.eyJpc3MiOiJodHRwczovL2NpLmV4YW1wbGUuY29tIn0.c2ln';

export const trust: Examples = {
  'GET /trust': async (lab) => ({ path: `/trust?q=${await addRule(lab, ['repository_id'])}`, status: 200 }),
  'POST /trust': async (lab) => ({
    path: '/trust',
    body: { ...github, audience, name: lab.newName('rule'), session: '30m', pin: ['repository_id'] },
    status: 201,
  }),
  'POST /trust/test': async (lab) => {
    await addRule(lab);
    return {
      path: '/trust/test',
      body: { jwt: foreignJwt, host: 'registry.example.com' },
      status: 200,
    };
  },
  'GET /trust/{name}': async (lab) => ({ path: `/trust/${await addRule(lab)}`, status: 200 }),
  'DELETE /trust/{name}': async (lab) => ({ path: `/trust/${await addRule(lab)}`, status: 204 }),
  'POST /trust/{name}/confirm': async (lab) => ({
    path: `/trust/${await addRule(lab, ['repository_id'])}/confirm`,
    status: 200,
  }),
};
