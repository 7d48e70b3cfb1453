import { beforeAll, describe, expect, test } from 'vitest';
import {
  openConsole,
  signIn,
  violationsOf,
  type ConsolePage,
} from '../../support/console/console-browser.ts';
import { password, startFilledConsole, type FilledConsole } from '../../support/console/filled-console.ts';
import { addWaitingRule } from '../../support/console/waiting-rule.ts';
import { needs } from '../../support/run/parts.ts';
import { startTrustIssuer } from '../../support/trust/issuer.ts';

const screens = [
  ...['', 'guide', 'users', 'users/bob', 'groups', 'groups/dev', 'robots', 'robots/ci', 'grants', 'tokens'],
  ...['trust', 'trust/add', 'trust/add?platform=other', 'trust/test', 'trust/rules/deploy'],
  ...['sessions', 'profile', 'users?q=nothing-matches', 'users/no-such-user', 'nothing/here'],
];

const dialogs = [
  { path: 'users', button: 'Add user' },
  { path: 'users/bob', button: 'Change role' },
  { path: 'users/bob', button: 'Set password' },
  { path: 'users/bob', button: 'Remove' },
  { path: 'robots', button: 'Create robot' },
  { path: 'robots/ci', button: 'Edit' },
  { path: 'trust/rules/acme-app', button: 'Confirm…' },
  { path: 'trust/rules/acme-app', button: 'Remove' },
  { path: 'grants', button: 'Add grant' },
  { path: 'profile', button: 'Create access token' },
];

/** The theme follows that of the system, so a change of the system changes the page. */
async function expectNoViolation(page: ConsolePage['page']): Promise<void> {
  await page.emulateMedia({ colorScheme: 'light' });
  expect(await violationsOf(page), 'light').toEqual([]);
  await page.emulateMedia({ colorScheme: 'dark' });
  expect(await violationsOf(page, 'colours'), 'dark').toEqual([]);
}

needs(
  'registry-3.1',
  'caddy',
  'chromium',
)('the console for everyone', () => {
  let filled: FilledConsole;
  beforeAll(async () => {
    const issuer = await startTrustIssuer();
    filled = await startFilledConsole({ issuer });
    await addWaitingRule(filled, issuer);
  });

  describe('in both themes', () => {
    let boss: ConsolePage;
    beforeAll(async () => {
      boss = await signIn({ url: filled.url, name: 'boss', password });
    });

    test.each(screens)('has no violation at /auth/%s', async (path) => {
      const { page, open } = boss;
      await open(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await expectNoViolation(page);
      expect(await page.getByRole('heading', { level: 1 }).count()).toBe(1);
      expect(await page.locator('html').getAttribute('lang')).toBe('en');
      expect(await page.title()).toMatch(/^.+ · dockpass$/);
    });

    test.each(dialogs)('has no violation in the dialog $button at /auth/$path', async ({ path, button }) => {
      const { page, open } = boss;
      await open(path);
      await page.getByRole('button', { name: button, exact: true }).first().click();
      await page.getByRole('dialog').waitFor();
      await expectNoViolation(page);
    });

    test.each(['', 'setup'])('has no violation before the sign-in at /auth/%s', async (path) => {
      const { page, open } = await openConsole({ url: filled.url });
      await open(path);
      await page.getByRole('heading', { level: 1 }).waitFor();
      await expectNoViolation(page);
    });
  });

  test('can be used with the keyboard alone', async () => {
    const { page, open, complaints } = await openConsole({ url: filled.url });
    const focused = (): Promise<string> =>
      page.evaluate(
        '(document.activeElement.getAttribute("aria-label") ?? document.activeElement.innerText ?? "").trim()',
      );
    /** Presses Tab until this element has the focus. */
    const tabTo = async (label: string): Promise<void> => {
      const seen: string[] = [];
      while ((await focused()) !== label) {
        seen.push(await focused());
        if (seen.length > 60) throw new Error(`Tab does not reach ${label}. It reached: ${seen.join(', ')}`);
        await page.keyboard.press('Tab');
      }
    };
    await open('');
    await page.keyboard.type('boss');
    await page.keyboard.press('Tab');
    await page.keyboard.type(password);
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();

    // The first Tab of a page reaches the link that skips the navigation.
    await open('users');
    await page.keyboard.press('Tab');
    expect(await focused()).toBe('Skip to content');
    await tabTo('Robots');
    await page.keyboard.press('Enter');
    await page.getByRole('heading', { level: 1, name: 'Robots' }).waitFor();
    // After a navigation, the heading has the focus, so that a screen reader reads it.
    await expect.poll(focused).toBe('Robots');
    await tabTo('Create robot');
    await page.keyboard.press('Enter');
    await page.getByRole('dialog').waitFor();
    // The focus moves into the dialog, stays there, and returns when the dialog closes.
    const isInside = (): Promise<boolean> =>
      page.evaluate('document.querySelector("dialog").contains(document.activeElement)');
    for (let step = 0; step < 25; step += 1) {
      const isOutside =
        !(await isInside()) && (await page.evaluate('document.activeElement !== document.body'));
      expect(isOutside).toBe(false);
      await page.keyboard.press('Tab');
    }
    await page.keyboard.press('Escape');
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    await expect.poll(focused).toBe('Create robot');
    expect(complaints()).toEqual([]);
  });

  test('fits a window of 360 pixels, with a navigation that opens and closes', async () => {
    const { page, open } = await signIn({ url: filled.url, name: 'boss', password, width: 360 });
    const widthOf = (): Promise<number> => page.evaluate('document.documentElement.scrollWidth');
    for (const path of screens) {
      await open(path);
      expect([path, await widthOf()]).toEqual([path, 360]);
    }
    expect(await page.getByRole('link', { name: 'Users' }).isVisible()).toBe(false);
    await page.getByRole('button', { name: 'Open navigation' }).click();
    await page.getByRole('link', { name: 'Users' }).click();
    await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor();
    expect(await page.getByRole('link', { name: 'Groups' }).isVisible()).toBe(false);
  });

  test('follows the system, and remembers another choice of the theme', async () => {
    const { page, open } = await signIn({ url: filled.url, name: 'boss', password, theme: 'dark' });
    const ground = (): Promise<string> =>
      page.evaluate('getComputedStyle(document.documentElement).backgroundColor');
    const dark = await ground();
    await page.getByRole('button', { name: /boss/ }).click();
    await page.getByText('Light', { exact: true }).click();
    const light = await ground();
    expect(light).not.toBe(dark);
    await open('users');
    expect(await ground()).toBe(light);
  });
});
