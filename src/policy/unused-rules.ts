import { canMatchRepository } from './can-match-repository.ts';
import type { Audience, Rule, RulePattern } from './rule.ts';

/** Returns why a rule never has an effect, as text that follows its number. Returns undefined if it can have one. */
export function explainUnusedRule(rule: Rule, all: readonly Rule[]): string | undefined {
  const dead = rule.on.filter((pattern) => !canMatch(pattern, rule.to));
  if (dead.length === rule.on.length) return explainNoRepository(dead);
  return rule.effect === 'allow' ? explainUselessAllow(rule, all) : explainUselessDeny(rule);
}

/** Returns the patterns that match no repository, of a rule whose other patterns can match. */
export function findUnusedPatterns(rule: Rule): readonly string[] {
  return rule.on.filter((pattern) => !canMatch(pattern, rule.to)).map(({ text }) => text);
}

/** `${user}` and `${group}` have a value only for users. Then the value is one plain path component. */
function canMatch({ text, variables }: RulePattern, to: readonly Audience[]): boolean {
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
    ? `${texts}: \${user} and \${group} have no value for the subjects that it names`
    : `no repository can have a name like ${texts}`;
}

function explainUselessAllow(rule: Rule, all: readonly Rule[]): string | undefined {
  const { to, realm, actions } = rule;
  if (to.every((audience) => audience === 'robots' || audience.startsWith('robot:')) && realm !== 'public')
    return 'a robot never has more rights than it was created with, see "dockpass robot create --only"';
  if (to.every((audience) => audience === 'anonymous') && realm === 'private')
    return 'every client under a private domain is logged in';
  const onlyPublic = realm === 'public' || to.every((audience) => audience === 'anonymous');
  if (onlyPublic && !actions.includes('pull')) return 'a public domain only serves pulls';
  const over = all.find((other) => other.effect === 'deny' && covers(other, rule));
  return over && `rule ${over.number} denies all of it`;
}

function explainUselessDeny({ to, realm, actions }: Rule): string | undefined {
  if (realm === 'public' && !actions.includes('pull')) return 'a public domain only serves pulls anyway';
  const onlyAnonymous = to.every((audience) => audience === 'anonymous');
  if (onlyAnonymous && realm === 'private') return 'every client under a private domain is logged in';
  return onlyAnonymous && !actions.includes('pull')
    ? 'without a login, no one gets more than pull anyway'
    : undefined;
}

/**
 * Returns true if the deny rule removes everything that the allow rule adds. It returns true only if the texts of
 * the rules show it.
 */
function covers(deny: Rule, allow: Rule): boolean {
  return (
    allow.actions.every(
      (action) => deny.actions.includes(action) || (action === '*' && deny.actions.length > 0),
    ) &&
    // Under a public domain, an allow for anonymous clients applies to every subject. A deny for them does not
    // apply to others.
    allow.to.every(
      (audience) => deny.to.includes('everyone') || (audience !== 'anonymous' && deny.to.includes(audience)),
    ) &&
    allow.on.every(({ text }) => deny.on.some((pattern) => pattern.text === '**' || pattern.text === text)) &&
    (deny.realm === undefined || deny.realm === allow.realm) &&
    deny.from === undefined
  );
}

/** Returns one warning in each line about rules without an effect. */
export function findUnusedRules(rules: readonly Rule[]): string[] {
  return rules.flatMap((rule) => {
    const why = explainUnusedRule(rule, rules);
    if (why !== undefined) return [`policy rule ${rule.number} has no effect: ${why}`];
    return findUnusedPatterns(rule).map(
      (text) => `policy rule ${rule.number}: no repository matches ${JSON.stringify(text)}`,
    );
  });
}
