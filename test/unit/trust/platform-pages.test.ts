import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { explainRules, findRule, rightsOf, type VerifiedJwt } from '../../../src/trust/find-rule.ts';
import { findAllWarnings } from '../../../src/trust/rule-warnings.ts';
import { keySourceOf, type TrustRule } from '../../../src/trust/trust-rule.ts';
import { configIn } from '../../support/dockpass/settings.ts';
import { repository } from '../../support/run/environment.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { buildkite } from '../../support/trust/claims/buildkite.ts';
import { circleci } from '../../support/trust/claims/circleci.ts';
import type { ClaimSet, PlatformClaims } from '../../support/trust/claims/claim-set.ts';
import { forgejo } from '../../support/trust/claims/forgejo.ts';
import { github, githubEnterpriseServer } from '../../support/trust/claims/github.ts';
import { gitlab, gitlabSelfManaged } from '../../support/trust/claims/gitlab.ts';
import { jenkins } from '../../support/trust/claims/jenkins.ts';
import { platformPages, settingsOf } from '../../support/trust/platform-pages.ts';

// The rule on each page in docs/trust/ accepts the jobs that it is meant for, and denies the others.

/** @param issuer replaces the issuer on the page, as the page says for servers of one's own */
async function ruleOf(page: string, issuer?: string): Promise<TrustRule> {
  const settings = await settingsOf({ page: `docs/trust/${page}.md` });
  const trust = settings.trust.map((rule) => ({
    ...(rule as object),
    ...(issuer !== undefined && { issuer }),
  }));
  const { trust: rules } = await configIn(await temporaryDirectory('settings'), { ...settings, trust });
  return rules[0] ?? expect.fail('no rule');
}

/** What verification knows about a JWT with these claims: the key set of its issuer has verified it. */
function verified({ claims }: ClaimSet, rule: TrustRule): VerifiedJwt {
  return { claims, sources: claims['iss'] === rule.issuer ? [keySourceOf(rule)] : [] };
}

const platforms: readonly [title: string, page: string, claims: PlatformClaims, issuer?: string][] = [
  ['GitHub', 'github', github],
  [
    'GitHub Enterprise Server',
    'github',
    githubEnterpriseServer,
    'https://github.example.com/_services/token',
  ],
  ['GitLab', 'gitlab', gitlab],
  ['a GitLab of your own', 'gitlab', gitlabSelfManaged, 'https://gitlab.example.com'],
  ['Buildkite', 'buildkite', buildkite],
  ['CircleCI', 'circleci', circleci],
  ['Forgejo', 'forgejo', forgejo],
  ['Jenkins', 'jenkins', jenkins],
];

describe.each(platforms)('the rule for %s', (_title, page, { accepted, denied }, issuer) => {
  test.each(Object.entries(accepted))('accepts %s', async (_name, job) => {
    const rule = await ruleOf(page, issuer);
    const jwt = verified(job, rule);
    expect(explainRules([rule], jwt)).toEqual([{ rule: rule.name, kind: 'match' }]);
    expect(findRule([rule], jwt)).toBe(rule);
    expect(
      rightsOf(rule, jwt.claims).map(({ pattern, actions }) => [pattern.text, [...actions].sort()]),
    ).toEqual([['acme/app', ['pull', 'push']]]);
  });

  test('gives no warnings', async () => {
    expect(findAllWarnings([await ruleOf(page, issuer)])).toEqual([]);
  });

  test.each(Object.entries(denied))('denies %s', async (_name, job) => {
    const rule = await ruleOf(page, issuer);
    const jwt = verified(job, rule);
    expect(findRule([rule], jwt)).toBeUndefined();
    const mismatches = explainRules([rule], jwt).map((result) =>
      result.kind === 'claim' ? result.claim : result.kind === 'audience' ? 'aud' : result.kind,
    );
    // A JWT of another issuer does not even come to the rule.
    if (job.because === 'iss') expect(mismatches).toEqual([]);
    else expect(mismatches).toContain(job.because);
  });
});

test('in the rule for GitLab, the project id can be a number', async () => {
  const { trust } = await settingsOf({ page: 'docs/trust/gitlab.md' });
  const numbered = JSON.parse(
    JSON.stringify(trust).replace('"20"', '20').replace('"true"', 'true'),
  ) as unknown;
  const config = await configIn(await temporaryDirectory('settings'), { trust: numbered });
  expect(config.trust).toEqual([await ruleOf('gitlab')]);
});

// The pages answer the same questions in the same order, so that readers find their way.
const headings = [
  'Lines to paste',
  'Find the ids',
  'What the job sees',
  'Builds that push long after their login',
  'Pull requests from forks',
  'If it fails',
  'See also',
];

test.each(platformPages)('$page has the sections of a platform page, in their order', async ({ page }) => {
  const text = await readFile(join(repository, page), 'utf8');
  expect([...text.matchAll(/^## (.+)$/gm)].map(([, heading]) => heading)).toEqual(headings);
});
