import type { Examples } from '../example.ts';

export const entry: Examples = {
  'GET /openapi.json': async () => ({ path: '/openapi.json', status: 200 }),
};
