import type { HttpAnswer } from './http-request.ts';

/** One challenge of a WWW-Authenticate header (RFC 9110 section 11.6.1). */
export interface Challenge {
  /** The authentication scheme in lower case, such as `bearer`. */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** The URL where a registry tells clients to get tokens, and the service name that they must send there. */
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

/** Returns the realm if the answer is 401 with one Bearer challenge and no other challenge. Otherwise undefined. */
export function parseRealm(answer: HttpAnswer): Realm | undefined {
  const [challenge, ...more] = parseChallenges(answer);
  const { realm, service } = challenge?.parameters ?? {};
  if (answer.status !== 401 || challenge?.scheme !== 'bearer' || more.length > 0) return undefined;
  return realm === undefined || service === undefined ? undefined : { realm, service };
}

/**
 * Returns the error code that a registry gives for a token that it rejects, such as `invalid_token`. Undefined if the
 * registry received no token.
 */
export function tokenErrorOf(answer: HttpAnswer): string | undefined {
  return parseChallenges(answer)[0]?.parameters['error'];
}

/**
 * Returns the code of an error response of dockpass (http/error-response.ts). Undefined if the answer is not an error
 * response, or if another server sent it.
 */
export function dockpassErrorOf({ body }: HttpAnswer): string | undefined {
  return /"detail":\{"code":"([a-z_]+)"/.exec(body)?.[1];
}

/** Summarizes an answer in a few words, for people to read. */
export function summarizeAnswer({ status, headers, body }: HttpAnswer): string {
  const challenge = headers['www-authenticate'];
  if (challenge !== undefined) return `${status} and ${challenge}`;
  const text = body.replace(/\s+/g, ' ').trim().slice(0, 100);
  return text === '' ? String(status) : `${status} (${text})`;
}
