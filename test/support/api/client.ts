import request, { type Test } from 'supertest';
import { privateHost, type TestIssuer } from '../dockpass/issuer.ts';

export const administrator = 'root-1';
export const password = 'correct horse battery';

type Method = 'get' | 'post' | 'put' | 'patch' | 'delete';

/** Returns a function that sends requests to the administration API as one user. */
export function apiClient({ url }: Pick<TestIssuer, 'url'>, user = administrator, secret = password) {
  return (method: Method, path: string, host = privateHost): Test =>
    request(url)
      [method](path.startsWith('/auth/') ? path : `/auth/api/v1${path}`)
      .set('Host', host)
      .auth(user, secret);
}
