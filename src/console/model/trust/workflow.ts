import type { TrustRule } from '../../api/trust-types.ts';
import { quote } from '../quote.ts';

/** Lines that a person pastes so that a job logs in by a trust rule. */
export interface WorkflowLines {
  /** Where the lines belong, for example `.github/workflows/image.yml`. */
  readonly file: string;
  readonly text: string;
}

/**
 * Returns the lines for the workflow of a rule.
 * @param host the host and port of the registry, as docker names it
 */
export function workflowLines(
  { preset, audience }: Pick<TrustRule, 'preset' | 'audience'>,
  host: string,
): WorkflowLines {
  const aud = audienceFor(audience, host);
  const login = `docker login ${host} --username ci --password-stdin`;
  switch (preset) {
    case 'github':
      return {
        file: '.github/workflows/image.yml',
        text: [
          'permissions: { contents: read, id-token: write }',
          'steps:',
          '  - run: |',
          `      curl -sSf -H "Authorization: bearer $ACTIONS_ID_TOKEN_REQUEST_TOKEN" "$ACTIONS_ID_TOKEN_REQUEST_URL&audience=${encodeURIComponent(aud)}" |`,
          `        jq -j .value | ${login}`,
        ].join('\n'),
      };
    case 'gitlab':
      return {
        file: '.gitlab-ci.yml',
        text: [
          'build:',
          `  id_tokens: { REGISTRY_JWT: { aud: ${JSON.stringify(aud)} } }`,
          '  script:',
          `    - echo "$REGISTRY_JWT" | ${login}`,
        ].join('\n'),
      };
    case 'buildkite':
      return {
        file: '.buildkite/pipeline.yml',
        text: [
          'steps:',
          '  - command: |',
          `      buildkite-agent oidc request-token --audience ${quote(aud)} --claim organization_id,pipeline_id |`,
          `        ${login}`,
        ].join('\n'),
      };
    case 'circleci':
      return {
        file: '.circleci/config.yml',
        text: [
          'steps:',
          '  - run: |',
          `      circleci run oidc get --claims ${quote(JSON.stringify({ aud }))} |`,
          `        ${login}`,
        ].join('\n'),
      };
    case null:
      return { file: 'the script of the job', text: `echo "$JWT" | ${login}` };
  }
}

/** The audience to request: the host of the registry if the rule accepts it, otherwise the first that it accepts. */
export function audienceFor(audience: readonly string[], host: string): string {
  const name = host.replace(/:\d+$/, '');
  return [host, name].find((one) => audience.includes(one)) ?? audience[0] ?? name;
}
