import type { HttpAnswer } from './http-request.ts';

/** One challenge of a WWW-Authenticate header (RFC 9110 section 11.6.1). */
export interface Challenge {
  /** The authentication scheme in lower case, such as `bearer`. */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/**
 * The realm is the URL at which clients get tokens. The service is the name that clients must send to this URL. A
 * registry tells clients both values in its challenge.
 */
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

/**
 * Returns the realm and the service if the answer is 401 with a single challenge, and if this challenge has the scheme
 * Bearer, a realm and a service. In all other cases, returns undefined.
 */
export function parseRealm(answer: HttpAnswer): Realm | undefined {
  const [challenge, ...more] = parseChallenges(answer);
  const { realm, service } = challenge?.parameters ?? {};
  if (answer.status !== 401 || challenge?.scheme !== 'bearer' || more.length > 0) return undefined;
  return realm === undefined || service === undefined ? undefined : { realm, service };
}

/**
 * Returns the error code with which a registry rejects a token, such as `invalid_token`. Returns undefined if the
 * answer contains no error code, for example because the request contained no token.
 */
export function tokenErrorOf(answer: HttpAnswer): string | undefined {
  return parseChallenges(answer)[0]?.parameters['error'];
}

/**
 * Returns the error code in an error response of dockpass (http/error-response.ts). Returns undefined if the answer is
 * not an error response, or if it comes from another server.
 */
export function dockpassErrorOf({ body }: HttpAnswer): string | undefined {
  return /"detail":\{"code":"([a-z_]+)"/.exec(body)?.[1];
}

/**
 * Returns a short description of an answer for people: the status, and either the challenge or the start of the body.
 */
export function summarizeAnswer({ status, headers, body }: HttpAnswer): string {
  const challenge = headers['www-authenticate'];
  if (challenge !== undefined) return `${status} and ${challenge}`;
  const text = body.replace(/\s+/g, ' ').trim().slice(0, 100);
  return text === '' ? String(status) : `${status} (${text})`;
}
