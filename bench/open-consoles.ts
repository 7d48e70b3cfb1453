import { setTimeout as wait } from 'node:timers/promises';

/** The requests that the overview of the console repeats by itself, each with its interval in milliseconds. */
const polls = [
  { path: '/warnings', intervalMs: 30_000 },
  { path: '/audit?limit=8', intervalMs: 10_000 },
  { path: '/repositories?limit=8', intervalMs: 10_000 },
] as const;

const api = '/auth/api/v1';

/** Signs in once. @returns the cookie of the session */
export async function signIn(origin: string, login: string): Promise<string> {
  const [name, password] = login.split(/:(.*)/s);
  const answer = await fetch(`${origin}${api}/session`, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json', 'Sec-Fetch-Site': 'same-origin' },
    body: JSON.stringify({ name, password }),
  });
  const [cookie] = answer.headers.getSetCookie();
  if (answer.status !== 201 || cookie === undefined) throw new Error(`sign-in: status ${answer.status}`);
  return cookie.split(';')[0] ?? '';
}

/**
 * Sends the requests of open consoles, in the background, until `stop` is called. Browsers are left out, because on two
 * processors they would be measured instead of the server.
 * @param cookies one session for each console
 */
export function openConsoles(origin: string, cookies: readonly string[]): { stop(): Promise<number> } {
  const ended = new AbortController();
  let answers = 0;
  const repeat = async (cookie: string, { path, intervalMs }: (typeof polls)[number]): Promise<void> => {
    try {
      // The consoles were not opened at the same moment.
      await wait(Math.random() * intervalMs, undefined, { signal: ended.signal });
      for (;;) {
        const answer = await fetch(`${origin}${api}${path}`, {
          headers: { Cookie: cookie, 'Dockpass-Background': 'true' },
        });
        await answer.arrayBuffer();
        answers++;
        await wait(intervalMs, undefined, { signal: ended.signal });
      }
    } catch (error) {
      if (!ended.signal.aborted) throw error;
    }
  };
  const running = cookies.flatMap((cookie) => polls.map((poll) => repeat(cookie, poll)));
  return {
    stop: async () => {
      ended.abort();
      await Promise.all(running);
      return answers;
    },
  };
}
