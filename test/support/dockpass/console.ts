import request, { type Response, type Test } from 'supertest';
import { privateHost, type TestIssuer } from './issuer.ts';

/** The headers that a browser sends with a request that a page of the console makes. */
const samePage = { 'Sec-Fetch-Site': 'same-origin', 'Content-Type': 'application/json' };

export type Method = 'get' | 'post' | 'patch' | 'put' | 'delete';

/** Sends a request to the administration API, without a login. */
export function callApi(
  issuer: TestIssuer,
  method: Method,
  path: string,
  headers: Readonly<Record<string, string>> = {},
): Test {
  return request(issuer.url)
    [method](`/auth/api/v1${path}`)
    .set({ Host: privateHost, ...headers });
}

/** The console in one browser. */
export interface TestBrowser {
  /** The cookie as the browser sends it, `__Host-dockpass=…`. Empty before the first sign-in. */
  cookie(): string;
  signIn(name: string, password: string): Promise<Response>;
  /** Sends a request as a page of the console does. */
  send(
    method: Method,
    path: string,
    body?: object,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Response>;
}

/** Opens a browser that keeps the cookie of the console. */
export function openBrowser(issuer: TestIssuer): TestBrowser {
  let cookie = '';
  const send: TestBrowser['send'] = async (method, path, body, headers = {}) => {
    const sent = callApi(issuer, method, path, {
      ...samePage,
      ...(cookie !== '' && { Cookie: cookie }),
      ...headers,
    });
    const answer = await (body === undefined ? sent : sent.send(body));
    const [set] = (answer.headers['set-cookie'] as unknown as string[] | undefined) ?? [];
    if (set !== undefined) cookie = set.split(';')[0] ?? '';
    return answer;
  };
  return {
    cookie: () => cookie,
    signIn: (name, password) => send('post', '/session', { name, password }),
    send,
  };
}

/** Returns the status and the code of a problem, for example `403 cross_site`. */
export function problemIn({ status, body }: Response): string {
  return `${status} ${(body as { code?: string }).code ?? ''}`.trim();
}
