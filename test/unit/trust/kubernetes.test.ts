import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { renderTrustFile } from '../../../src/cli/kubernetes/trust-file.ts';
import { loadConfig } from '../../../src/config/load.ts';
import { matches } from '../../../src/policy/pattern.ts';
import { explainRules, findRule, formatRuleResult, rightsOf } from '../../../src/trust/find-rule.ts';
import { keySourceOf, type TrustRule } from '../../../src/trust/trust-rule.ts';
import { withVariants } from '../../support/kubernetes/variant.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

// Compares the rules that "dockpass kubernetes init" writes with tokens of pods.

const issuer = 'https://kubernetes.default.svc.cluster.local';
const host = 'registry.example.com';

async function rulesOf(...clusters: readonly string[]): Promise<readonly TrustRule[]> {
  const texts = clusters.map((name) =>
    withVariants(renderTrustFile({ name, issuer, host, keySetFile: `/keys/${name}.json` })),
  );
  const file = join(await temporaryDirectory('config'), 'dockpass.yml');
  const lists = texts.map((text) => text.slice(text.indexOf('trust:\n') + 'trust:\n'.length));
  await writeFile(file, `trust:\n${lists.join('')}`);
  return (await loadConfig({ file, environment: {} })).trust;
}

const uid = '00000000-0000-0000-0000-000000000000';

/** Returns the claims of a token that the API server issues for a pod (KEP-1205). */
function podClaims(namespace: string, account = { name: 'web', uid }) {
  return {
    aud: [host],
    iss: issuer,
    sub: `system:serviceaccount:${namespace}:${account.name}`,
    'kubernetes.io': {
      namespace,
      node: { name: 'node-1', uid: '6e2b1a4c-4a7e-4a0a-8b0e-0d0e8b6a0c11' },
      pod: { name: 'web-1', uid: '5d9a7f0e-7b39-4c60-9f0c-4f0ad7a3a111' },
      serviceaccount: account,
    },
  };
}

const verifiedBy = (cluster: string) => [keySourceOf({ issuer, jwks: `/keys/${cluster}.json` })];

/** Returns which of the repositories a token can use, and how, as `REPOSITORY:ACTIONS`. */
function allowed(
  rules: readonly TrustRule[],
  claims: ReturnType<typeof podClaims>,
  cluster = 'prod',
): string[] {
  const rule = findRule(rules, { claims, sources: verifiedBy(cluster) });
  if (rule === undefined) return ['no rule'];
  const repositories = [
    'shop/app',
    'shop/a/b',
    'shop',
    'shop2/app',
    'billing/app',
    'base/os',
    'kube-system/x',
    'lab/a',
  ];
  return repositories.flatMap((repository) =>
    rightsOf(rule, claims)
      .filter(({ pattern }) => matches(pattern, repository))
      .map(({ actions }) => `${repository}:${[...actions].join(',')}`),
  );
}

test('a pod pulls the images of its namespace, and nothing else', async () => {
  const rules = (await rulesOf('prod')).filter(({ name }) => name === 'kubernetes-prod');
  expect(allowed(rules, podClaims('shop'))).toEqual(['shop/app:pull', 'shop/a/b:pull']);
  expect(allowed(rules, podClaims('lab'))).toEqual(['lab/a:pull']);
});

test('the variants in trust.yml decide before the rule for all pods', async () => {
  const rules = await rulesOf('prod');
  expect(allowed(rules, podClaims('shop'))).toEqual(['shop/app:pull', 'shop/a/b:pull', 'base/os:pull']);
  expect(allowed(rules, podClaims('billing'))).toEqual(['billing/app:pull', 'base/os:pull']);
  expect(allowed(rules, podClaims('kube-system'))).toEqual(['kube-system/x:pull']);
});

test.each(['*', '**', '..', 'shop/..', 'a/b', '', 'Shop ', 'shop\n'])(
  'the namespace %j, which no API server issues, gives no right',
  async (namespace) => {
    const rules = (await rulesOf('prod')).filter(({ name }) => name === 'kubernetes-prod');
    expect(allowed(rules, podClaims(namespace))).toEqual([]);
  },
);

test('attack 87: a token of another cluster with the same issuer gets only the rights of its own cluster', async () => {
  const prod = await rulesOf('prod');
  expect(allowed(prod, podClaims('shop'), 'lab')).toEqual(['no rule']);
  const explained = explainRules(prod, { claims: podClaims('shop'), sources: verifiedBy('lab') });
  expect(explained.map(formatRuleResult)).toContain('kubernetes-prod: another key set has signed the JWT');

  const both = await rulesOf('prod', 'lab');
  const rule = findRule(both, { claims: podClaims('other'), sources: verifiedBy('lab') });
  expect(rule?.name).toBe('kubernetes-lab');
});

test('attack 88: a rule with a uid does not match a service account that was created again', async () => {
  const pinned = (await rulesOf('prod')).filter(({ name }) => name === 'kubernetes-prod-shop-web');
  expect(allowed(pinned, podClaims('shop'))).not.toEqual(['no rule']);
  const again = podClaims('shop', { name: 'web', uid: '11111111-1111-1111-1111-111111111111' });
  expect(allowed(pinned, again)).toEqual(['no rule']);
  const explained = explainRules(pinned, { claims: again, sources: verifiedBy('prod') });
  expect(explained).toMatchObject([{ kind: 'claim', claim: 'kubernetes.io/serviceaccount/uid' }]);
});

test('a token for another audience matches no rule', async () => {
  const rules = await rulesOf('prod');
  for (const aud of [[issuer], ['registry.example.com:5001'], 'https://registry.example.com'])
    expect(allowed(rules, { ...podClaims('shop'), aud } as ReturnType<typeof podClaims>)).toEqual([
      'no rule',
    ]);
});
