import type { Page } from 'playwright-core';
import { host } from './start-server.ts';

export interface Screen {
  /** The name of the file. */
  readonly name: string;
  /** The path below `/auth/`. */
  readonly path: string;
  /** True for a page that people see before they sign in. */
  readonly isSignedOut?: boolean;
  /** Opens a dialog, for example. */
  prepare?(page: Page): Promise<void>;
}

const click = (name: string) => (page: Page) =>
  page.getByRole('button', { name, exact: true }).first().click();

/** Previews a rule that takes rights away from a user. */
async function previewRules(page: Page): Promise<void> {
  await page
    .getByLabel('Rules', { exact: true })
    .fill("- { deny: [push], to: ['user:bob'], on: ['shop/**'] }\n");
  await click('Show what would change')(page);
  await page.getByRole('table', { name: 'Changes of access' }).scrollIntoViewIfNeeded();
}

/** The screens of docs/console.md. */
export const screens: readonly Screen[] = [
  { name: 'sign-in', path: '', isSignedOut: true },
  { name: 'overview', path: '' },
  { name: 'guide', path: 'guide' },
  { name: 'repositories', path: 'repositories' },
  { name: 'repository', path: 'repositories/shop%2Fweb' },
  { name: 'repository-usage', path: 'repositories/shop%2Fweb/usage?period=90d' },
  { name: 'repository-access', path: 'repositories/shop%2Fweb/access' },
  { name: 'tag-delete', path: 'repositories/shop%2Fweb', prepare: click('Delete tag 1.4.2') },
  { name: 'image', path: 'repositories/shop%2Fweb/images/1.5.0' },
  { name: 'usage', path: 'usage' },
  { name: 'usage-unused', path: 'usage?view=unused&period=all' },
  { name: 'retention', path: 'retention' },
  { name: 'retention-plan', path: 'retention', prepare: click('Make a plan') },
  { name: 'rules', path: 'rules' },
  { name: 'rules-preview', path: 'rules/preview', prepare: previewRules },
  { name: 'explain', path: `explain?host=${host}&user=bob&repository=shop%2Fweb&actions=pull,push,delete` },
  // The log is long, so only the window is shown.
  { name: 'audit', path: 'audit', prepare: async () => {} },
  { name: 'warnings', path: 'warnings' },
  { name: 'doctor', path: 'doctor' },
  { name: 'keys', path: 'keys' },
  { name: 'users', path: 'users' },
  { name: 'user-add', path: 'users', prepare: click('Add user') },
  { name: 'user', path: 'users/bob' },
  { name: 'user-remove', path: 'users/bob', prepare: click('Remove') },
  { name: 'groups', path: 'groups' },
  { name: 'group', path: 'groups/web' },
  { name: 'grants', path: 'grants' },
  { name: 'grant-add', path: 'grants', prepare: click('Add grant') },
  { name: 'robots', path: 'robots' },
  { name: 'robot', path: 'robots/ci' },
  { name: 'robot-rotate', path: 'robots/ci', prepare: click('Rotate secret') },
  { name: 'trust', path: 'trust' },
  { name: 'trust-add', path: 'trust/add' },
  { name: 'trust-rule', path: 'trust/rules/shop-api' },
  { name: 'trust-test', path: 'trust/test' },
  { name: 'tokens', path: 'tokens' },
  { name: 'sessions', path: 'sessions' },
  { name: 'profile', path: 'profile' },
  { name: 'not-found', path: 'nothing/here' },
];
