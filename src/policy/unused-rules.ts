import { canMatchRepository } from './can-match-repository.ts';
import type { Audience, Rule, RulePattern } from './rule.ts';

/** Why a rule can never make a difference, in words that go on after its number; undefined where it can. */
export function explainUnusedRule(rule: Rule, all: readonly Rule[]): string | undefined {
  const dead = rule.on.filter((pattern) => !canMatch(pattern, rule.to));
  if (dead.length === rule.on.length) return explainNoRepository(dead);
  return rule.effect === 'allow' ? explainUselessAllow(rule, all) : explainUselessDeny(rule);
}

/** Patterns that match nothing in a rule whose other patterns do. */
export function findUnusedPatterns(rule: Rule): readonly string[] {
  return rule.on.filter((pattern) => !canMatch(pattern, rule.to)).map(({ text }) => text);
}

/** `${user}` and `${group}` stand for something with users alone, and then for one plain component. */
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
    ? `${texts}: \${user} and \${group} stand for nothing with those it is for`
    : `no repository can have a name like ${texts}`;
}

function explainUselessAllow(rule: Rule, all: readonly Rule[]): string | undefined {
  const { to, realm, actions } = rule;
  if (to.every((audience) => audience === 'robots' || audience.startsWith('robot:')) && realm !== 'public')
    return 'a robot never holds more than it was made with: see "dockpass robot create --only"';
  if (to.every((audience) => audience === 'anonymous') && realm === 'private')
    return 'under private names everybody logs in';
  const onlyPublic = realm === 'public' || to.every((audience) => audience === 'anonymous');
  if (onlyPublic && !actions.includes('pull')) return 'under public names there is nothing but pull';
  const over = all.find((other) => other.effect === 'deny' && covers(other, rule));
  return over && `rule ${over.number} denies all of it`;
}

function explainUselessDeny({ to, realm, actions }: Rule): string | undefined {
  if (realm === 'public' && !actions.includes('pull'))
    return 'under public names there is nothing but pull anyway';
  const onlyAnonymous = to.every((audience) => audience === 'anonymous');
  if (onlyAnonymous && realm === 'private') return 'under private names everybody logs in';
  return onlyAnonymous && !actions.includes('pull')
    ? 'nobody gets more than pull without a login anyway'
    : undefined;
}

/** Does the deny take all that the allow gives? Says so only where it is plain from the text. */
function covers(deny: Rule, allow: Rule): boolean {
  return (
    allow.actions.every(
      (action) => deny.actions.includes(action) || (action === '*' && deny.actions.length > 0),
    ) &&
    // What anonymous is allowed under a public name, all are; what anonymous is denied there, others are not.
    allow.to.every(
      (audience) => deny.to.includes('everyone') || (audience !== 'anonymous' && deny.to.includes(audience)),
    ) &&
    allow.on.every(({ text }) => deny.on.some((pattern) => pattern.text === '**' || pattern.text === text)) &&
    (deny.realm === undefined || deny.realm === allow.realm) &&
    deny.from === undefined
  );
}

/** Every warning about the rules, a line each. */
export function findUnusedRules(rules: readonly Rule[]): string[] {
  return rules.flatMap((rule) => {
    const why = explainUnusedRule(rule, rules);
    if (why !== undefined) return [`policy rule ${rule.number} can never match: ${why}`];
    return findUnusedPatterns(rule).map(
      (text) => `policy rule ${rule.number}: no repository matches ${JSON.stringify(text)}`,
    );
  });
}
