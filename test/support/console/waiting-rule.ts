import { basic } from '../network/raw-http.ts';
import type { TrustIssuer } from '../trust/issuer.ts';
import type { FilledConsole } from './filled-console.ts';

type Claims = Readonly<Record<string, unknown>>;

/** Signs the token of a job of acme/app. @param claims further claims of the token */
export function jobToken(issuer: TrustIssuer, claims: Claims = {}): Promise<string> {
  return issuer.sign({
    aud: 'localhost',
    repository: 'acme/app',
    repository_id: '4711',
    repository_owner_id: '12',
    ...claims,
  });
}

/** Logs in as a job does, and asks for a session. @returns the status of the answer */
export async function statusOfLogin({ url }: Pick<FilledConsole, 'url'>, jwt: string): Promise<number> {
  const answer = await fetch(`${url}/auth/token?service=registry&client_id=docker&offline_token=true`, {
    headers: { Authorization: basic('ci', jwt) },
  });
  return answer.status;
}

/**
 * Adds the trust rule `acme-app`, and sends the first token that matches it, so that the rule waits for confirmation.
 * @param claims further claims of the token
 */
export async function addWaitingRule(
  filled: FilledConsole,
  issuer: TrustIssuer,
  claims: Claims = {},
): Promise<void> {
  const only = ['--only', 'acme/app:pull,push'];
  await filled.up.must(['trust', 'add', 'github', 'acme/app', '--issuer', issuer.issuer, ...only]);
  const status = await statusOfLogin(filled, await jobToken(issuer, claims));
  if (status !== 401) throw new Error(`the token of a rule that waits was answered with ${status}`);
}
