import { sendRequest, type HttpAnswer, type Target } from './http-request.ts';

/** One challenge of a WWW-Authenticate header (RFC 9110 section 11.6.1). */
export interface Challenge {
  /** Lower case. */
  readonly scheme: string;
  readonly parameters: Readonly<Record<string, string>>;
}

/** What a registry says of where tokens come from. */
export interface Realm {
  readonly realm: string;
  readonly service: string;
}

export function parseChallenges(answer: HttpAnswer): Challenge[] {
  const header = answer.headers['www-authenticate'] ?? '';
  const found = header.matchAll(/([A-Za-z]+)((?:[ ,]+[A-Za-z_]+="[^"]*")*)/g);
  return [...found].map(([, scheme = '', parameters = '']) => ({
    scheme: scheme.toLowerCase(),
    parameters: Object.fromEntries(
      [...parameters.matchAll(/([A-Za-z_]+)="([^"]*)"/g)].map(([, key = '', value = '']) => [key, value]),
    ),
  }));
}

/** The realm, where the answer is 401 with one Bearer challenge and nothing else. */
export function parseRealm(answer: HttpAnswer): Realm | undefined {
  const [challenge, ...more] = parseChallenges(answer);
  const { realm, service } = challenge?.parameters ?? {};
  if (answer.status !== 401 || challenge?.scheme !== 'bearer' || more.length > 0) return undefined;
  return realm === undefined || service === undefined ? undefined : { realm, service };
}

/** What a registry, or the edge in front of it, answers a client that comes without a token. */
export function askForChallenge(target: Target): Promise<HttpAnswer> {
  return sendRequest(target, '/v2/');
}

/** An answer in few words, for what a person reads. */
export function summarizeAnswer({ status, headers, body }: HttpAnswer): string {
  const challenge = headers['www-authenticate'];
  const text = body.replace(/\s+/g, ' ').trim().slice(0, 100);
  return `${status}${challenge === undefined ? '' : ` and ${challenge}`}${challenge === undefined && text !== '' ? ` (${text})` : ''}`;
}
