import { expect } from 'vitest';
import type { DockpassServer } from './dockpass.ts';
import { basic } from '../network/raw-http.ts';

// What a server writes on behalf of its clients: sessions.

/** A login of alice that asks for a session, which is written down before the answer. */
export function logIn(server: DockpassServer, password: string): Promise<Response> {
  return fetch(`http://localhost:${server.port}/auth/token?service=registry&offline_token=true`, {
    headers: { authorization: basic('alice', password) },
  });
}

export function revoke(server: DockpassServer, token: string): Promise<Response> {
  const body = new URLSearchParams({ token });
  return fetch(`http://localhost:${server.port}/auth/revoke`, { method: 'POST', body });
}

/** The status that a session is answered with. */
export async function resume(server: DockpassServer, session: string): Promise<number> {
  const form = { grant_type: 'refresh_token', service: 'registry', client_id: 't', refresh_token: session };
  const body = new URLSearchParams(form);
  return (await fetch(`http://localhost:${server.port}/auth/token`, { method: 'POST', body })).status;
}

/** An answer that says, in the form that clients read, that it did not work. */
export async function expectClean5xx(answer: Response): Promise<void> {
  expect(answer.status).toBe(503);
  const { errors } = (await answer.json()) as { errors: { code: string; message: string }[] };
  expect(errors).toMatchObject([{ code: 'UNAVAILABLE', message: expect.any(String) as string }]);
}
