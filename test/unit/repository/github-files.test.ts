import { readdir, readFile } from 'node:fs/promises';
import { expect, test } from 'vitest';
import { parse } from 'yaml';

const root = new URL('../../../', import.meta.url);
const read = async (path: string): Promise<unknown> => parse(await readFile(new URL(path, root), 'utf8'));

const forms = (await readdir(new URL('.github/ISSUE_TEMPLATE', root))).filter(
  (name) => name !== 'config.yml',
);

// https://docs.github.com/communities/using-templates-to-encourage-useful-issues-and-pull-requests/syntax-for-issue-forms
test.each(forms)(
  'the issue form %s has a name, a description and a question that must be answered',
  async (name) => {
    const form = (await read(`.github/ISSUE_TEMPLATE/${name}`)) as {
      name: string;
      description: string;
      body: { type: string; validations?: { required: boolean } }[];
    };
    expect(form.name).toMatch(/\w/);
    expect(form.description).toMatch(/\w/);
    expect(form.body.some(({ validations }) => validations?.required)).toBe(true);
  },
);

// https://docs.github.com/code-security/dependabot/working-with-dependabot/dependabot-options-reference
test('dependabot updates npm packages, images and actions every week', async () => {
  const { version, updates } = (await read('.github/dependabot.yml')) as {
    version: number;
    updates: { 'package-ecosystem': string; schedule: { interval: string } }[];
  };
  expect(version).toBe(2);
  expect(updates.map((update) => update['package-ecosystem']).sort()).toEqual([
    'docker',
    'github-actions',
    'npm',
  ]);
  expect(updates.every(({ schedule }) => schedule.interval === 'weekly')).toBe(true);
});

const workflows = await readdir(new URL('.github/workflows', root));

interface Workflow {
  readonly permissions: object;
  readonly jobs: Record<string, { 'timeout-minutes'?: number; steps: { uses?: string; run?: string }[] }>;
}

test.each(workflows)('the workflow %s names each action by the hash of a commit', async (name) => {
  const { jobs } = (await read(`.github/workflows/${name}`)) as Workflow;
  const uses = Object.values(jobs).flatMap(({ steps }) => steps.flatMap((step) => step.uses ?? []));
  expect(uses.length).toBeGreaterThan(0);
  for (const action of uses) expect(action).toMatch(/^[\w-]+\/[\w-]+@[0-9a-f]{40}$/);
});

test.each(workflows)(
  'the workflow %s has no permissions but those of its jobs, and ends in time',
  async (name) => {
    const { permissions, jobs } = (await read(`.github/workflows/${name}`)) as Workflow;
    expect(permissions).toEqual({});
    for (const job of Object.values(jobs)) expect(job['timeout-minutes']).toBeLessThanOrEqual(60);
  },
);
