import type { JwtTest } from '../../admin/trust/test-jwt.ts';
import type { TrustRuleView } from '../../admin/views/trust-view.ts';
import { print, say } from '../output.ts';

/** Returns a trust rule as a row of the table of `trust list`. */
export function ruleRow(rule: TrustRuleView) {
  return {
    name: rule.name,
    from: rule.origin,
    issuer: rule.preset ?? rule.issuer,
    when: formatClaims(rule.when),
    only: rule.only.join(' '),
    session: rule.session,
    state: !rule.isPending ? 'active' : rule.candidate === null ? 'waits for a JWT' : 'waits for confirm',
    'last used': rule.lastUsedAt === null ? 'never' : `${rule.lastUsedAt} from ${rule.lastUsedFrom}`,
  };
}

/** Formats claims with one value or a list of values, for example `ref=refs/heads/main, environment=a|b`. */
export function formatClaims(claims: Readonly<Record<string, unknown>>): string {
  return Object.entries(claims)
    .map(([name, value]) => `${name}=${Array.isArray(value) ? value.map(textOf).join('|') : textOf(value)}`)
    .join(', ');
}

/** A job chooses some of its claims, so a text with line breaks must not look like lines of dockpass. */
function textOf(value: unknown): string {
  return typeof value === 'string' && !/[\p{C}\p{Z}"]/u.test(value) ? value : JSON.stringify(value);
}

/** Says what a waiting rule waits for, with the claims of its first JWT. */
export function sayWaiting({ name, isPending, pin, candidate }: TrustRuleView): void {
  if (!isPending) return;
  if (candidate === null) {
    say(`${name} waits for its first JWT: run the job once`);
    return;
  }
  const { claims, seenAt, address } = candidate;
  const ids = Object.fromEntries(pin.map((claim) => [claim, claims[claim] ?? '(missing)']));
  const others = Object.fromEntries(Object.entries(claims).filter(([claim]) => !pin.includes(claim)));
  say(`${name} waits for a confirmation. A JWT came at ${seenAt} from ${address} with ${formatClaims(ids)}`);
  say(`  its other claims: ${formatClaims(others)}`);
  say(
    `  if these are yours, run "dockpass trust confirm ${name}"; if not, run "dockpass trust remove ${name}"`,
  );
}

/** Prints the result of `trust test`, one fact in a line. */
export function printTest({
  verdict,
  rule,
  detail,
  hosts,
  rights,
  results,
  claims,
  isVerified,
}: JwtTest): void {
  print(`verdict  ${verdict === 'accepted' ? `accepted as ci:${rule ?? ''}` : `denied: ${detail ?? ''}`}`);
  if (verdict === 'denied' && rule !== null) print(`rule     ${rule} would match`);
  if (rights.length > 0) print(`rights   ${rights.join(' ')}`);
  for (const { host, realm } of hosts)
    print(
      `host     ${host}: ${realm === 'public' ? 'public domain, at most pull' : 'private domain, the rights of the rule'}`,
    );
  for (const { text } of results) print(`rule     ${text}`);
  if (claims === null) return;
  if (!isVerified) print('claims   not verified: anyone can have written these');
  for (const [name, value] of Object.entries(claims)) print(`claim    ${name}: ${JSON.stringify(value)}`);
}
