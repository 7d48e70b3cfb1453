import { canMatchRepository } from './can-match-repository.ts';
import { foldName } from './fold-name.ts';
import { matches, type Pattern } from './pattern.ts';
import type { Audience, Rule, RulePattern } from './rule.ts';

/**
 * Returns the reason why a rule never has an effect, as a text that warnings show after the number of the rule. Returns
 * undefined if the rule can have an effect.
 */
export function explainUnusedRule(rule: Rule, all: readonly Rule[]): string | undefined {
  const dead = rule.on.filter((pattern) => !canMatch(pattern, rule));
  if (dead.length === rule.on.length) return explainNoRepository(dead);
  return rule.effect === 'allow' ? explainUselessAllow(rule, all) : explainUselessDeny(rule);
}

/** Returns the texts of those patterns in a rule that cannot match any repository. */
export function findUnusedPatterns(rule: Rule): readonly string[] {
  return rule.on.filter((pattern) => !canMatch(pattern, rule)).map(({ text }) => text);
}

/**
 * Returns true if the pattern can match a repository. `${user}` and `${group}` have a value only for users. So a
 * pattern that contains one of them never matches if the rule does not apply to users. If the rule applies to users,
 * the function inserts a sample value and checks the pattern. Any other value would give the same result, because every
 * user name or group name that can be inserted is one path component without stars. The patterns of deny rules ignore
 * the case of letters.
 */
function canMatch({ text: written, variables }: RulePattern, { to, effect }: Rule): boolean {
  const text = effect === 'deny' ? foldName(written) : written;
  if (variables.length > 0 && !to.some(includesUsers)) return false;
  return canMatchRepository(text.replaceAll(/\$\{(?:user|group)\}/g, 'a'));
}

function includesUsers(audience: Audience): boolean {
  return (
    audience === 'everyone' ||
    audience === 'users' ||
    audience.startsWith('user:') ||
    audience.startsWith('group:')
  );
}

function explainNoRepository(dead: readonly RulePattern[]): string {
  const texts = dead.map(({ text }) => JSON.stringify(text)).join(', ');
  return dead.some(({ variables }) => variables.length > 0)
    ? `${texts}: \${user} and \${group} have no value for the subjects that this rule applies to`
    : `no repository can have a name like ${texts}`;
}

function explainUselessAllow(rule: Rule, all: readonly Rule[]): string | undefined {
  const { to, realm, actions } = rule;
  if (realm !== 'public' && to.every(isLimited))
    return to.some((audience) => audience.startsWith('ci:'))
      ? 'a job never has more rights than its trust rule gives (see the key "only" of the trust rule)'
      : 'a robot never has more rights than it was created with (see "dockpass robot create --only")';
  if (to.every((audience) => audience === 'anonymous') && realm === 'private')
    return 'it applies only to clients without a login, but under a private domain, every client must log in';
  const onlyPublic = realm === 'public' || to.every((audience) => audience === 'anonymous');
  if (onlyPublic && !actions.includes('pull'))
    return 'it applies only under public domains, and a public domain only serves pulls';
  const over = all.find((other) => other.effect === 'deny' && covers(other, rule));
  return over && `rule ${over.number} denies everything that rule ${rule.number} allows`;
}

/** Returns true if an allow rule under a private domain never adds a right for this audience. */
function isLimited(audience: Audience): boolean {
  return audience === 'robots' || audience.startsWith('robot:') || audience.startsWith('ci:');
}

function explainUselessDeny({ to, realm, actions }: Rule): string | undefined {
  if (realm === 'public' && !actions.includes('pull'))
    return 'it applies only under public domains, and a public domain only serves pulls';
  const onlyAnonymous = to.every((audience) => audience === 'anonymous');
  if (onlyAnonymous && realm === 'private')
    return 'it applies only to clients without a login, but under a private domain, every client must log in';
  return onlyAnonymous && !actions.includes('pull')
    ? 'it applies only to clients without a login, and these clients can only pull'
    : undefined;
}

/**
 * Returns true if the deny rule removes everything that the allow rule adds. Only the texts of the two rules are
 * compared, so the result can be false although the deny rule removes everything.
 */
function covers(deny: Rule, allow: Rule): boolean {
  return (
    allow.actions.every(
      (action) => deny.actions.includes(action) || (action === '*' && deny.actions.length > 0),
    ) &&
    // Under a public domain, an allow rule for anonymous clients applies to every subject, but a deny rule for
    // anonymous clients applies only to anonymous clients.
    allow.to.every(
      (audience) => deny.to.includes('everyone') || (audience !== 'anonymous' && deny.to.includes(audience)),
    ) &&
    allow.on.every(({ text }) =>
      deny.on.some((pattern) => pattern.text === '**' || foldName(pattern.text) === foldName(text)),
    ) &&
    (deny.realm === undefined || deny.realm === allow.realm) &&
    deny.from === undefined
  );
}

/** Returns warnings about rules and patterns that have no effect. Each element of the list is one warning. */
export function findUnusedRules(rules: readonly Rule[]): string[] {
  return rules.flatMap((rule) => {
    const why = explainUnusedRule(rule, rules);
    if (why !== undefined) return [`policy rule ${rule.number} has no effect: ${why}`];
    return findUnusedPatterns(rule).map(
      (text) => `policy rule ${rule.number}: no repository matches ${JSON.stringify(text)}`,
    );
  });
}

/**
 * Returns a warning for each entry of the setting `publicRepositories` that has upper-case letters and no effect. A
 * public domain serves a name with upper-case letters only if an entry also matches the name in lower case (see
 * `decide`). The function tests only one sample name for each entry.
 */
export function findUnusedPublicPatterns(patterns: readonly Pattern[]): string[] {
  return patterns.flatMap(({ text }) => {
    const folded = foldName(text);
    const sample = folded.replaceAll(/\*+/g, '0');
    if (folded === text || patterns.some((pattern) => matches(pattern, sample))) return [];
    return [
      `publicRepositories: ${JSON.stringify(text)} has no effect. Some registry storage does not distinguish upper and lower case. Therefore a name with upper-case letters is public only if the same name in lower case is public too. To make both public, add ${JSON.stringify(folded)}`,
    ];
  });
}
