import type { Subject } from '../../../src/policy/subject.ts';
import type { Right } from '../../../src/policy/rights.ts';
import type { Rule } from '../../../src/policy/rule.ts';
import type { World } from './random-policies.ts';

const all = ['pull', 'push', 'delete', '*'];

/**
 * Implements docs/rights.md a second time, as simply as possible and without optimizations, so that the decisions of
 * src/policy can be compared with it.
 */
export function naiveDecision({ subject, realm, scope, policy, rules, address }: World): string[] {
  if (scope.type === 'registry') {
    if (scope.name !== 'catalog' || !scope.actions.includes('*')) return [];
    if (realm.kind === 'public') return policy.publicCatalog ? ['*'] : [];
    if (policy.catalog === 'own') return subject.kind === 'anonymous' ? [] : ['*'];
    if (subject.kind !== 'user' || subject.only !== undefined) return [];
    return subject.admin || policy.catalog === 'users' ? ['*'] : [];
  }
  if (scope.type !== 'repository') return [];
  const holding = rules.filter((rule) => ruleHolds(rule, subject, realm.kind, scope.name, address));
  const denied = (action: string): boolean =>
    holding.some(({ effect, actions }) => effect === 'deny' && (lists(actions, action) || action === '*'));
  const allowed = (action: string, name = scope.name): boolean =>
    rules.some(
      (rule) =>
        rule.effect === 'allow' &&
        lists(rule.actions, action) &&
        ruleHolds(rule, subject, realm.kind, name, address),
    );
  const asked = (action: string): boolean => lists(scope.actions, action);

  if (realm.kind === 'public') {
    const isServed = (name: string): boolean =>
      policy.publicRepositories.some(({ text }) => fits(text, name)) || allowed('pull', name);
    const isOpen = isServed(scope.name) && isServed(scope.name.toLowerCase());
    return isOpen && !denied('pull') && asked('pull') ? ['pull'] : [];
  }
  if (subject.kind === 'anonymous') return [];
  const within = subject.kind === 'user' ? subject.only : subject.rights;
  return all.filter(
    (action) =>
      asked(action) &&
      (holds(subject.rights, scope.name, action) || allowed(action)) &&
      (within === undefined || holds(within, scope.name, action)) &&
      !denied(action),
  );
}

function lists(actions: readonly string[], action: string): boolean {
  return actions.includes(action) || actions.includes('*');
}

function holds(rights: readonly Right[], name: string, action: string): boolean {
  return rights.some(({ pattern, actions }) => lists(actions, action) && fits(pattern.text, name));
}

function ruleHolds(rule: Rule, subject: Subject, realm: string, name: string, address: string): boolean {
  if (rule.realm !== undefined && rule.realm !== realm) return false;
  if (rule.from !== undefined) {
    if (address === '' ? rule.effect === 'allow' : !rule.from.contains(address)) return false;
  }
  const isPublicAllow = realm === 'public' && rule.effect === 'allow';
  const isFor = rule.to.some((audience) => {
    if (audience === 'everyone') return true;
    if (audience === 'anonymous') return subject.kind === 'anonymous' || isPublicAllow;
    if (isPublicAllow && rule.realm === undefined) return false;
    if (subject.kind === 'anonymous') return false;
    if (audience === 'users') return subject.kind === 'user';
    if (audience === 'robots') return subject.kind === 'robot';
    if (audience.startsWith('group:'))
      return subject.kind === 'user' && subject.groups.includes(audience.slice(6));
    return audience === `${subject.kind}:${subject.name}`;
  });
  const fold = (text: string): string => (rule.effect === 'deny' ? text.toLowerCase() : text);
  return (
    isFor &&
    rule.on.some(({ text }) => bindings(text, subject).some((bound) => fits(fold(bound), fold(name))))
  );
}

/**
 * Returns the pattern with its variables replaced, once for each group if it contains `${group}`. A name that is not a
 * plain path component gives no pattern.
 */
function bindings(text: string, subject: Subject): string[] {
  if (!text.includes('$')) return [text];
  if (subject.kind !== 'user') return [];
  const plain = (name: string): boolean => /^[a-z0-9]+(?:[._-][a-z0-9]+)*$/.test(name);
  const groups = text.includes('${group}') ? subject.groups.filter(plain) : ['unused'];
  if (text.includes('${user}') && !plain(subject.name)) return [];
  return groups.map((group) => text.split('${user}').join(subject.name).split('${group}').join(group));
}

const expressions = new Map<string, RegExp>();

function fits(pattern: string, name: string): boolean {
  let expression = expressions.get(pattern);
  if (expression === undefined) {
    const source = pattern
      .split(/(\*+)/)
      .map((part) => (part === '*' ? '[^/]*' : part.startsWith('*') ? '.*' : part.replaceAll('.', '\\.')));
    expression = new RegExp(`^${source.join('')}$`);
    expressions.set(pattern, expression);
  }
  return expression.test(name);
}
