import type { Page } from 'playwright-core';

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

/** The screens of docs/console.md. */
export const screens: readonly Screen[] = [
  { name: 'sign-in', path: '', isSignedOut: true },
  { name: 'overview', path: '' },
  { name: 'guide', path: 'guide' },
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
  { name: 'tokens', path: 'tokens' },
  { name: 'sessions', path: 'sessions' },
  { name: 'profile', path: 'profile' },
  { name: 'not-found', path: 'nothing/here' },
];
