import request, { type Test } from 'supertest';
import { privateHost, type TestIssuer } from './issuer.ts';

export interface ApiClient {
  get(path: string): Test;
  post(path: string, body?: unknown): Test;
  patch(path: string, body: unknown): Test;
  delete(path: string): Test;
}

/** Returns a client of the administration API that logs in with this name and password, under the private domain. */
export function apiClient(issuer: Pick<TestIssuer, 'url'>, name: string, password: string): ApiClient {
  const send = (method: 'get' | 'post' | 'patch' | 'delete', path: string): Test =>
    request(issuer.url)[method](`/auth/api/v1${path}`).set('Host', privateHost).auth(name, password);
  return {
    get: (path) => send('get', path),
    post: (path, body = {}) => send('post', path).send(body as object),
    patch: (path, body) => send('patch', path).send(body as object),
    delete: (path) => send('delete', path),
  };
}
