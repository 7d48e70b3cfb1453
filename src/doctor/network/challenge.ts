import type { HttpAnswer } from './http-request.ts';

/** One challenge of a WWW-Authenticate header (RFC 9110 section 11.6.1). */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** Where a registry tells clients to get tokens. */
export interface Realm {
  readonly realm: string;
  readonly service: string;
}

export function parseChallenges(answer: Pick<HttpAnswer, 'headers'>): Challenge[] {
  const header = answer.headers['www-authenticate'] ?? '';
  const found = header.matchAll(/([A-Za-z]+)((?:[ ,]+[A-Za-z_]+="[^"]*")*)/g);
  return [...found].map(([, scheme = '', parameters = '']) => ({
    scheme: scheme.toLowerCase(),
    parameters: Object.fromEntries(
      [...parameters.matchAll(/([A-Za-z_]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
    ),
  }));
}

/** The realm, if the answer is 401 with one Bearer challenge and no other challenge. */
export function parseRealm(answer: HttpAnswer): Realm | undefined {
  const [challenge, ...more] = parseChallenges(answer);
  const { realm, service } = challenge?.parameters ?? {};
  if (answer.status !== 401 || challenge?.scheme !== 'bearer' || more.length > 0) return undefined;
  return realm === undefined || service === undefined ? undefined : { realm, service };
}

/** What a registry says about a token that it rejects, such as `invalid_token`; undefined if it saw no token. */
export function tokenErrorOf(answer: HttpAnswer): string | undefined {
  return parseChallenges(answer)[0]?.parameters['error'];
}

/** The code of an error that dockpass answered (http/error-response.ts); undefined for an answer of anyone else. */
export function dockpassErrorOf({ body }: HttpAnswer): string | undefined {
  return /"detail":\{"code":"([a-z_]+)"/.exec(body)?.[1];
}

/** An answer in a few words, for people to read. */
export function summarizeAnswer({ status, headers, body }: HttpAnswer): string {
  const challenge = headers['www-authenticate'];
  if (challenge !== undefined) return `${status} and ${challenge}`;
  const text = body.replace(/\s+/g, ' ').trim().slice(0, 100);
  return text === '' ? String(status) : `${status} (${text})`;
}
