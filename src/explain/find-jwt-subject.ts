import type { Identify } from '../identity/federated/identify.ts';
import type { Secret } from '../secret.ts';
import { formatRuleResult } from '../trust/find-rule.ts';
import type { ExplainedSubject } from './explain.ts';

/** Determines as whom a job or pod with this JWT logs in. If the JWT gives no login, the result contains the reason. */
export async function findJwtSubject(jwt: Secret, identify: Identify): Promise<ExplainedSubject> {
  const found = await identify(jwt);
  if (found.kind === 'accepted') return { kind: 'loggedIn', subject: found.subject };
  const reasons = [found.detail, ...found.results.map(formatRuleResult)];
  return {
    kind: 'cannotLogIn',
    account: 'ci',
    name: found.rule === undefined ? '' : `ci:${found.rule.name}`,
    reason: `no login: ${reasons.join(' ')}`,
  };
}
