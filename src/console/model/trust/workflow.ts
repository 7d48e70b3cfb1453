import type { TrustRule } from '../../api/trust-types.ts';
import { quote } from '../quote.ts';

/** Lines that a person pastes so that a job logs in by a trust rule. */
export interface WorkflowLines {
  /** Where the lines belong, for example `.github/workflows/image.yml`. Left out if it can be any file. */
  readonly file?: string;
  readonly text: string;
}

type RuleOfJob = Pick<TrustRule, 'preset' | 'issuer' | 'when' | 'audience'>;
type Workflow = NonNullable<TrustRule['preset']> | 'forgejo' | 'kubernetes' | 'other';

/** Recognizes what gets the tokens of a rule. A server of one's own has no preset. */
export function workflowOf({ preset, issuer, when }: RuleOfJob): Workflow {
  if (preset !== null) return preset;
  if (issuer.endsWith('/_services/token')) return 'github';
  if (issuer.endsWith('/api/actions')) return 'forgejo';
  const claims = Object.keys(when);
  if (claims.some((claim) => claim.startsWith('kubernetes.io/'))) return 'kubernetes';
  return claims.includes('project_path') || claims.includes('project_id') ? 'gitlab' : 'other';
}

/**
 * Returns the lines for the job of a rule. docs/trust/ explains them.
 * @param host the host and port of the registry, as docker names it
 */
export function workflowLines(rule: RuleOfJob, host: string): WorkflowLines {
  const aud = audienceFor(rule.audience, host);
  const login = `docker login ${host} --username ci --password-stdin`;
  const request = [
    '  - run: |',
    `      curl -sSf -H "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=${encodeURIComponent(aud)}" |`,
    `        jq -j .value | ${login}`,
  ];
  switch (workflowOf(rule)) {
    case 'github':
      return {
        file: '.github/workflows/image.yml',
        text: lines('permissions: { contents: read, id-token: write }', 'steps:', ...request),
      };
    case 'forgejo':
      return {
        file: '.forgejo/workflows/image.yml',
        text: lines('enable-openid-connect: true', 'steps:', ...request),
      };
    case 'gitlab':
      return {
        file: '.gitlab-ci.yml',
        text: lines(
          'build-image:',
          `  id_tokens: { REGISTRY_JWT: { aud: ${JSON.stringify(aud)} } }`,
          '  script:',
          `    - echo "$REGISTRY_JWT" | ${login}`,
        ),
      };
    case 'buildkite':
      return {
        file: '.buildkite/pipeline.yml',
        text: lines(
          'steps:',
          '  - command: |',
          `      buildkite-agent oidc request-token --audience ${quote(aud)} --claim organization_id,pipeline_id |`,
          `        ${login}`,
        ),
      };
    case 'circleci':
      return {
        file: '.circleci/config.yml',
        text: lines(
          'steps:',
          '  - run: |',
          `      circleci run oidc get --claims ${quote(JSON.stringify({ aud }))} |`,
          `        ${login}`,
        ),
      };
    case 'kubernetes':
    case 'other':
      return { text: `echo "$JWT" | ${login}` };
  }
}

function lines(...all: readonly string[]): string {
  return all.join('\n');
}

/** The audience to request: the host of the registry if the rule accepts it, otherwise the first that it accepts. */
export function audienceFor(audience: readonly string[], host: string): string {
  const name = host.replace(/:\d+$/, '');
  return [host, name].find((one) => audience.includes(one)) ?? audience[0] ?? name;
}
