import { writeFile } from 'node:fs/promises';
import { basename, join } from 'node:path';
import { expect, test } from 'vitest';
import { run } from '../../support/process/run.ts';
import { needs, part } from '../../support/run/parts.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';
import { platformPage, workflowOf } from '../../support/trust/platform-pages.ts';

// Compares the workflow files in docs/trust/ with the schemas of the platforms, as check-jsonschema carries them.
// Forgejo publishes no JSON schema, but its workflows are those of GitHub, with a few more keys. Jenkins has no schema.

/** A mistake in a workflow file. The schema notices it, so the test proves that the schema was used. */
type Mistake = readonly [from: string, to: string];

/** @returns the names of the files that do not fit the schema */
async function rejected(schema: string, files: Readonly<Record<string, string>>): Promise<string[]> {
  const directory = await temporaryDirectory('workflows');
  const paths: string[] = [];
  for (const [name, text] of Object.entries(files)) {
    paths.push(join(directory, `${name}.yml`));
    await writeFile(join(directory, `${name}.yml`), text);
  }
  const options = schema === 'vendor.gitlab-ci' ? ['--data-transform', 'gitlab-ci'] : [];
  const { stdout } = await run(part('check-jsonschema'), [
    ...['--builtin-schema', schema, ...options, '--output-format', 'json', ...paths],
  ]);
  const result = JSON.parse(stdout) as { errors?: { filename: string }[]; parse_errors?: unknown[] };
  expect(result.parse_errors ?? []).toEqual([]);
  return [...new Set((result.errors ?? []).map(({ filename }) => basename(filename, '.yml')))];
}

function withMistake(workflow: string, [from, to]: Mistake): string {
  expect(workflow).toContain(from);
  return workflow.replace(from, to);
}

needs('check-jsonschema')('the workflow files in docs/trust/', () => {
  test.each([
    ['gitlab', 'vendor.gitlab-ci', ['{ aud:', '{ audience:']],
    ['buildkite', 'vendor.buildkite', ['branches: main', 'branches: { only: main }']],
    ['circleci', 'vendor.circle-ci', ['version: 2.1', 'version: next']],
  ] as const)('%s: fits the schema %s', async (name, schema, mistake) => {
    const page = await workflowOf(platformPage(name));
    const files = { page, broken: withMistake(page, mistake) };
    expect(await rejected(schema, files)).toEqual(['broken']);
  });

  test('github and forgejo: fit the schema of GitHub, but for enable-openid-connect', async () => {
    const github = await workflowOf(platformPage('github'));
    const forgejo = withMistake(await workflowOf(platformPage('forgejo')), [
      '    enable-openid-connect: true\n',
      '',
    ]);
    const broken = withMistake(github, ['id-token: write', 'id-token: always']);
    expect(await rejected('vendor.github-workflows', { github, forgejo, broken })).toEqual(['broken']);
  });
});
