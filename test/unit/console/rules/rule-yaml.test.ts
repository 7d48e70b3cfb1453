import { expect, test } from 'vitest';
import { readPastedRules } from '../../../../src/config/pasted-rules.ts';
import { formatRulesYaml, placeOf } from '../../../../src/console/model/rules/rule-yaml.ts';

const rule = {
  effect: 'deny',
  actions: ['pull', 'push', 'delete', '*'],
  to: ['everyone', 'user:o"neil'],
  on: ['${user}/**', 'release/**'],
  realm: 'private',
  from: ['10.0.0.0/8'],
} as const;

test('writes rules as they stand in dockpass.yml', () => {
  expect(formatRulesYaml([rule])).toBe(
    '- { deny: ["*"], to: [everyone, "user:o\\"neil"], on: ["${user}/**", "release/**"], realm: private, from: ["10.0.0.0/8"] }\n',
  );
});

test('the server reads what the console has written', async () => {
  const read = await readPastedRules(formatRulesYaml([{ ...rule, to: ['users', 'group:dev'] }]));
  expect(read).toMatchObject({ rules: [{ effect: 'deny', to: ['users', 'group:dev'], realm: 'private' }] });
});

test('names the place of an error', () => {
  expect(placeOf('/policy/2/on/0')).toBe('Rule 3, on');
  expect(placeOf('/policy/0')).toBe('Rule 1');
  expect(placeOf('/policy')).toBe('The rules');
});
