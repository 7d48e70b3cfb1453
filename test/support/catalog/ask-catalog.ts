import { decodeJwt } from 'jose';
import request, { type Response } from 'supertest';
import { privateHost, type TestIssuer } from '../dockpass/issuer.ts';
import { basic } from '../network/raw-http.ts';

/** A user name with a password, or the text of a registry token. Undefined for a client without a login. */
export type Login = readonly [name: string, password: string] | string | undefined;

/** Requests the list of repositories, as a client does through the edge. */
export async function askCatalog(
  { url }: Pick<TestIssuer, 'url'>,
  login: Login,
  query = '',
  host = privateHost,
): Promise<Response> {
  const sent = request(url).get(`/v2/_catalog${query}`).set({ Host: host, 'X-Forwarded-Proto': 'https' });
  if (login !== undefined)
    sent.set('Authorization', typeof login === 'string' ? `Bearer ${login}` : basic(...login));
  return sent;
}

/** Returns the names in an answer, or its status if it is not a list. */
export function namesIn(answer: Response): readonly string[] | number {
  return answer.status === 200
    ? (answer.body as { repositories: readonly string[] }).repositories
    : answer.status;
}

/** Requests a registry token, by default with the scope that clients request for the list. */
export async function catalogToken(
  issuer: Pick<TestIssuer, 'get'>,
  login: readonly [name: string, password: string] | undefined,
  { host = privateHost, scope = 'registry:catalog:*' } = {},
): Promise<string> {
  const sent = issuer.get(host, `service=registry&scope=${scope}`);
  if (login !== undefined) sent.auth(...login);
  return ((await sent).body as { token: string }).token;
}

/** Returns what a registry understands of a token. */
export function accessOfToken(token: string): unknown {
  return decodeJwt(token)['access'];
}

/** Follows the links from page to page. @returns the names of each page */
export async function readPages(
  issuer: Pick<TestIssuer, 'url'>,
  login: Login,
  query: string,
  host = privateHost,
): Promise<(readonly string[])[]> {
  const pages: (readonly string[])[] = [];
  for (let next: string | undefined = query; next !== undefined;) {
    const answer = await askCatalog(issuer, login, next, host);
    pages.push((answer.body as { repositories: readonly string[] }).repositories);
    const link = answer.headers['link'] as string | undefined;
    next = link === undefined ? undefined : /^<\/v2\/_catalog(\?[^>]*)>; rel="next"$/.exec(link)?.[1];
    if (link !== undefined && next === undefined) throw new Error(`an unexpected link: ${link}`);
  }
  return pages;
}
