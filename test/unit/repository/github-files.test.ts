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
test('dependabot updates npm packages and images every week', async () => {
  const { version, updates } = (await read('.github/dependabot.yml')) as {
    version: number;
    updates: { 'package-ecosystem': string; schedule: { interval: string } }[];
  };
  expect(version).toBe(2);
  expect(updates.map((update) => update['package-ecosystem']).sort()).toEqual(['docker', 'npm']);
  expect(updates.every(({ schedule }) => schedule.interval === 'weekly')).toBe(true);
});
