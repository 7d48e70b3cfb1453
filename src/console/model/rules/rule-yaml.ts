import type { Rule } from '../../api/rule-types.ts';

type WrittenRule = Pick<Rule, 'effect' | 'actions' | 'to' | 'on' | 'realm' | 'from'>;

/** Writes rules as they stand under `policy:` in dockpass.yml, one line each. */
export function formatRulesYaml(rules: readonly WrittenRule[]): string {
  return rules.map((rule) => `- ${formatRule(rule)}\n`).join('');
}

function formatRule({ effect, actions, to, on, realm, from }: WrittenRule): string {
  const members = [
    `${effect}: ${formatList(actions.includes('*') ? ['*'] : actions)}`,
    `to: ${formatList(to)}`,
    `on: ${formatList(on)}`,
    ...(realm === null ? [] : [`realm: ${realm}`]),
    ...(from === null ? [] : [`from: ${formatList(from)}`]),
  ];
  return `{ ${members.join(', ')} }`;
}

/** A text in double quotes has the same meaning in YAML as in JSON. */
function formatList(texts: readonly string[]): string {
  return `[${texts.map((text) => (/^[a-z][a-z0-9_-]*$/.test(text) ? text : JSON.stringify(text))).join(', ')}]`;
}

/**
 * Names the place of an error in the pasted rules, for example `Rule 3, on`.
 * @param pointer a JSON pointer (RFC 6901) into the request body, such as `/policy/2/on/0`
 */
export function placeOf(pointer: string): string {
  const [, at, member] = /^\/policy\/(\d+)(?:\/([^/]*))?/.exec(pointer) ?? [];
  if (at === undefined) return 'The rules';
  return `Rule ${Number(at) + 1}${member === undefined || member === '' ? '' : `, ${member}`}`;
}
