import { basic } from '../network/raw-http.ts';
import type { TrustIssuer } from '../trust/issuer.ts';
import type { FilledConsole } from './filled-console.ts';

/**
 * Adds the trust rule `acme-app`, and sends the first token that matches it, so that the rule waits for confirmation.
 * @param claims further claims of the token
 */
export async function addWaitingRule(
  { up, url }: FilledConsole,
  issuer: TrustIssuer,
  claims: Readonly<Record<string, unknown>> = {},
): Promise<void> {
  const only = ['--only', 'acme/app:pull,push'];
  await up.must(['trust', 'add', 'github', 'acme/app', '--issuer', issuer.issuer, ...only]);
  const jwt = await issuer.sign({
    aud: 'localhost',
    repository: 'acme/app',
    repository_id: '4711',
    repository_owner_id: '12',
    ...claims,
  });
  const { status } = await fetch(`${url}/auth/token?service=registry`, {
    headers: { Authorization: basic('ci', jwt) },
  });
  if (status !== 401) throw new Error(`the token of a rule that waits was answered with ${status}`);
}
