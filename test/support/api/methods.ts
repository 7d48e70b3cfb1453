import type { Test } from 'supertest';
import type { TestIssuer } from '../dockpass/issuer.ts';
import { administrator, apiClient, password } from './client.ts';

/** A client of the administration API with one function for each method. */
export interface ApiMethods {
  get(path: string): Test;
  post(path: string, body?: unknown): Test;
  patch(path: string, body: unknown): Test;
  delete(path: string): Test;
}

/** Returns a client that sends requests under the private domain, as the user with this name and password. */
export function apiMethods(
  issuer: Pick<TestIssuer, 'url'>,
  name = administrator,
  secret = password,
): ApiMethods {
  const send = apiClient(issuer, name, secret);
  return {
    get: (path) => send('get', path),
    post: (path, body = {}) => send('post', path).send(body as object),
    patch: (path, body) => send('patch', path).send(body as object),
    delete: (path) => send('delete', path),
  };
}
