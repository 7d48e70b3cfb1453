import { describe, expect, test } from 'vitest';
import { findAllWarnings } from '../../../src/trust/rule-warnings.ts';
import { configIn } from '../../support/dockpass/settings.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

type Rule = Readonly<Record<string, unknown>>;

async function warningsOf(...trust: readonly Rule[]): Promise<string[]> {
  const named = trust.map((rule, at) => ({ name: `r${at + 1}`, only: ['a/**:pull'], ...rule }));
  const up = { privateDomains: ['registry.example.com'] };
  return findAllWarnings((await configIn(await temporaryDirectory('trust'), { up, trust: named })).trust);
}

const github = { issuer: 'github' };
const byId = { ...github, when: { repository_id: '5' } };

describe('a rule that an earlier one hides is named', () => {
  test.each<[string, readonly Rule[], boolean]>([
    ['the same conditions', [byId, byId], true],
    ['an additional condition', [byId, { ...github, when: { repository_id: '5', ref: 'main' } }], true],
    ['fewer values', [{ ...github, when: { repository_id: ['5', '6'] } }, byId], true],
    [
      'a value that a star covers',
      [
        { ...github, when: { repository: 'a/*' } },
        { ...github, when: { repository: 'a/b', repository_id: 5 } },
      ],
      true,
    ],
    [
      'a star that a wider star covers',
      [
        { ...github, when: { repository: 'a/*' } },
        { ...github, when: { repository: 'a/b*', repository_id: 5 } },
      ],
      true,
    ],
    [
      'the issuer written out',
      [byId, { ...byId, issuer: 'https://token.actions.githubusercontent.com' }],
      true,
    ],
    [
      'fewer audiences',
      [
        { ...byId, audience: ['x', 'y'] },
        { ...byId, audience: ['y'] },
      ],
      true,
    ],
    ['the narrow rule first', [{ ...github, when: { repository_id: '5', ref: 'main' } }, byId], false],
    ['more values', [byId, { ...github, when: { repository_id: ['5', '6'] } }], false],
    [
      'a value that no star covers',
      [
        { ...github, when: { repository: 'a/*' } },
        { ...github, when: { repository: 'b/c', repository_id: 5 } },
      ],
      false,
    ],
    ['another audience', [{ ...byId, audience: ['x'] }, byId], false],
    ['another key set', [{ ...byId, jwks: 'a.json' }, byId], false],
    ['another issuer', [byId, { issuer: 'https://id.example.com', when: { repository_id: '5' } }], false],
  ])('%s', async (_, rules, isHidden) => {
    const warning = expect.stringMatching(
      /^trust rule r2: it never decides, because the earlier rule r1 matches/,
    ) as string;
    expect((await warningsOf(...rules)).filter((text) => text.includes('never decides'))).toEqual(
      isHidden ? [warning] : [],
    );
  });
});

describe('a warning', () => {
  test.each<[string, Rule, RegExp | undefined]>([
    ['a rule with an id', byId, undefined],
    [
      'the name of a repository',
      { ...github, when: { repository: 'acme/app' } },
      /repository is a name.*Add repository_id/,
    ],
    ['a name with its id', { ...github, when: { repository: 'acme/app', repository_id: 5 } }, undefined],
    [
      'a name with the id of its owner',
      { ...github, when: { repository: 'acme/app', repository_owner_id: 5 } },
      undefined,
    ],
    ['the path of a project', { issuer: 'gitlab', when: { project_path: 'acme/app' } }, /Add project_id/],
    [
      'the slug of an organization',
      { issuer: 'buildkite', when: { organization_slug: 'acme' } },
      /Add organization_id/,
    ],
    [
      'a push from any branch',
      { ...byId, only: ['a:push'] },
      /every branch and pull request.*add ref: \[refs\/heads\/main\]/,
    ],
    [
      'a push from one branch',
      { ...github, when: { repository_id: 5, ref: 'a' }, only: ['a:push'] },
      undefined,
    ],
    [
      'a push from an environment',
      { ...github, when: { repository_id: 5, environment: 'a' }, only: ['a:push'] },
      undefined,
    ],
    [
      'a push from any branch of GitLab',
      { issuer: 'gitlab', when: { project_id: 5 }, only: ['a:*'] },
      /add ref_protected: true/,
    ],
    [
      'two stars',
      { ...github, when: { repository_id: 5, ref: 'refs/heads/**' } },
      /"refs\/heads\/\*\*" for ref means the same as "refs\/heads\/\*"/,
    ],
    [
      'no conditions',
      { issuer: 'https://id.example.com' },
      /it has no conditions, so every JWT of https:\/\/id\.example\.com/,
    ],
    [
      'no conditions but a variable',
      { issuer: 'https://id.example.com', only: ['${ns}/**:pull'] },
      undefined,
    ],
    [
      'an unusual spelling',
      { issuer: 'https://ID.example.com', when: { a: 'b' } },
      /an unusual spelling of https:\/\/id\.example\.com\//,
    ],
    [
      'a slash after the issuer of a preset',
      { ...byId, issuer: 'https://token.actions.githubusercontent.com/' },
      /Write issuer: github/,
    ],
    ['an issuer with a slash', { issuer: 'https://id.example.com/', when: { a: 'b' } }, undefined],
  ])('about %s', async (_, rule, warning) => {
    const expected = warning === undefined ? [] : [expect.stringMatching(warning)];
    expect(await warningsOf(rule)).toEqual(expected);
  });
});
