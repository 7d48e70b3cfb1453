import { expect, test } from 'vitest';
import { readPastedRules } from '../../../src/config/pasted-rules.ts';

const rule = { deny: ['push'], to: ['everyone'], on: ['prod/**'] };

test('reads a list, YAML text of a list, and YAML text with the line policy:', async () => {
  const yaml = '# our rules\n- deny: [push]\n  to: [everyone]\n  on: ["prod/**"]\n';
  for (const policy of [[rule], yaml, `policy:\n${yaml.replaceAll(/^/gm, '  ')}`, JSON.stringify([rule])]) {
    const { rules } = await readPastedRules(policy);
    expect(rules).toMatchObject([{ number: 1, effect: 'deny', actions: ['push'], to: ['everyone'] }]);
  }
  for (const empty of [[], '', 'policy: []', '# nothing'])
    expect((await readPastedRules(empty)).rules).toEqual([]);
});

test('names every fault with its place, as the command check does', async () => {
  const { faults } = await readPastedRules([
    { ...rule, on: ['team/${name}/x'], form: ['10.0.0.0/8'] },
    { ...rule, allow: ['pull'] },
    { ...rule, to: ['everybody'], deny: ['run'] },
    'deny push',
  ]);
  expect(faults).toEqual(
    expect.arrayContaining([
      {
        path: [0, 'on', 0],
        message:
          'must be a repository pattern: ${name} is not a variable; the variables are ${user} and ${group}',
      },
      { path: [0, 'form'], message: 'there is no such setting. Did you mean from?' },
      {
        path: [1],
        message:
          'must have exactly one of the keys "allow" and "deny", with a list of actions, such as "allow: [pull]"',
      },
      { path: [2, 'deny', 0], message: 'must be an action: pull, push, delete or "*" for all' },
      { path: [2, 'to', 0], message: expect.stringMatching(/^must be user:NAME/) as string },
    ]),
  );
  expect(faults?.some(({ path }) => path[0] === 3)).toBe(true);
});

test('names the line of a fault in YAML text', async () => {
  const text =
    '- deny: [push]\n  to: [everyone]\n  on: ["prod/**"]\n- deny: [push]\n  to: [no one]\n  on: [a]\n';
  const list = await readPastedRules(text);
  expect(list.faults).toMatchObject([
    { path: [1, 'to', 0], message: expect.stringMatching(/^line 5: /) as string },
  ]);
  const section = await readPastedRules(`policy:\n${text}`);
  expect(section.faults).toMatchObject([{ message: expect.stringMatching(/^line 6: /) as string }]);
  const broken = await readPastedRules('- deny: [push\n  to: x');
  expect(broken.faults).toMatchObject([
    { path: [], message: expect.stringMatching(/^line \d+: /) as string },
  ]);
  const other = await readPastedRules('service: registry\npolicy: []');
  expect(other.faults).toMatchObject([
    { message: expect.stringMatching(/^service is not a rule/) as string },
  ]);
  expect((await readPastedRules('policy: yes')).faults).toHaveLength(1);
  expect((await readPastedRules('just text')).faults).toHaveLength(1);
});
