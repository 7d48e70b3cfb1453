import { expect } from 'vitest';
import type { DockpassServer } from './dockpass.ts';
import { basic } from '../network/raw-http.ts';

// Requests that make a server write to its database: they begin, use and revoke sessions.

/** Logs in as alice and requests a session. The server writes the session to its database before it answers. */
export function logIn(server: DockpassServer, password: string): Promise<Response> {
  return fetch(`http://localhost:${server.port}/auth/token?service=registry&offline_token=true`, {
    headers: { authorization: basic('alice', password) },
  });
}

export function revoke(server: DockpassServer, token: string): Promise<Response> {
  const body = new URLSearchParams({ token });
  return fetch(`http://localhost:${server.port}/auth/revoke`, { method: 'POST', body });
}

/** Requests a token with the refresh token of a session, and returns the status of the answer. */
export async function resume(server: DockpassServer, session: string): Promise<number> {
  const form = { grant_type: 'refresh_token', service: 'registry', client_id: 't', refresh_token: session };
  const body = new URLSearchParams(form);
  return (await fetch(`http://localhost:${server.port}/auth/token`, { method: 'POST', body })).status;
}

/** Expects status 503 and an error body in the format that registry clients display. */
export async function expectClean5xx(answer: Response): Promise<void> {
  expect(answer.status).toBe(503);
  const { errors } = (await answer.json()) as { errors: { code: string; message: string }[] };
  expect(errors).toMatchObject([{ code: 'UNAVAILABLE', message: expect.any(String) as string }]);
}
