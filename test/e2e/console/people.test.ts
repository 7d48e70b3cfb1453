import { beforeAll, expect, test } from 'vitest';
import { fillSignIn, openConsole, signIn, type ConsolePage } from '../../support/console/console-browser.ts';
import { password, startFilledConsole, type FilledConsole } from '../../support/console/filled-console.ts';
import { basic } from '../../support/network/raw-http.ts';
import { needs } from '../../support/run/parts.ts';

// Each test is a task of a person, in a real Chromium, on the real server, registry and edge.
needs(
  'registry-3.1',
  'caddy',
  'chromium',
)('people and rights in the console', () => {
  let filled: FilledConsole;
  let boss: ConsolePage;

  beforeAll(async () => {
    filled = await startFilledConsole();
    boss = await signIn({ url: filled.url, name: 'boss', password });
  });

  /** What a login gets at the token endpoint, as a client such as docker asks for it. */
  async function statusOfLogin(name: string, secret: string): Promise<number> {
    const answer = await fetch(`${filled.url}/auth/token?service=registry`, {
      headers: { Authorization: basic(name, secret) },
    });
    return answer.status;
  }

  /** Reads the secret that the page shows once, copies it with the button, and dismisses it. */
  async function takeSecret({ page }: ConsolePage): Promise<string> {
    const shown = (await page.locator('[data-secret]').innerText()).trim();
    await page.getByRole('button', { name: 'Copy secret' }).click();
    await page.getByText('Copied').first().waitFor();
    expect(await page.evaluate('navigator.clipboard.readText()')).toBe(shown);
    // Escape does not lose the secret.
    await page.keyboard.press('Escape');
    expect(await page.locator('[data-secret]').count()).toBe(1);
    await page.getByRole('button', { name: 'I have stored it' }).click();
    await page.getByRole('dialog').waitFor({ state: 'detached' });
    expect(await page.content()).not.toContain(shown);
    return shown;
  }

  test('an administrator adds a user, who then uses the console without administrative screens', async () => {
    const { page, open } = boss;
    await open('users');
    await page.getByRole('button', { name: 'Add user' }).click();
    await page.getByLabel('Name', { exact: true }).fill('grace');
    await page.getByRole('radio', { name: /^Reader/ }).check();
    await page.getByRole('dialog').getByRole('button', { name: 'Add user' }).click();
    const generated = await takeSecret(boss);
    await page.getByRole('link', { name: 'grace' }).waitFor();
    expect(await statusOfLogin('grace', generated)).toBe(200);

    const grace = await signIn({ url: filled.url, name: 'grace', password: generated });
    await grace.page.getByRole('navigation', { name: 'Main' }).waitFor();
    const links = await grace.page
      .getByRole('navigation', { name: 'Main' })
      .getByRole('link')
      .allInnerTexts();
    expect(links.map((text) => text.trim())).toEqual(['Overview', 'Repositories', 'Usage', 'Your profile']);
    for (const path of ['users', 'robots', 'audit', 'keys']) {
      expect(await grace.page.locator(`a[href^="/auth/${path}"]`).count()).toBe(0);
      await grace.open(path);
      await grace.page.getByRole('heading', { level: 1, name: 'Page not found' }).waitFor();
    }
    await grace.open('');
    await grace.page.getByRole('link', { name: 'team/app' }).first().waitFor();
    expect(grace.complaints()).toEqual([]);
  });

  test('a person creates an access token, logs in with it, and revokes it', async () => {
    const alice = await signIn({ url: filled.url, name: 'alice', password });
    const { page, open } = alice;
    await open('profile');
    await page.getByRole('button', { name: 'Create access token' }).first().click();
    await page.getByLabel('Name', { exact: true }).fill('laptop');
    await page.getByRole('radio', { name: /^Only these rights/ }).check();
    // A missing value is reported at its field, and the focus moves there.
    await page.getByRole('dialog').getByRole('button', { name: 'Create access token' }).click();
    await page.getByText('Enter the name of a repository, or a pattern.').waitFor();
    await expect
      .poll(() => page.evaluate('document.activeElement.getAttribute("aria-invalid")'))
      .toBe('true');
    await page.getByLabel('Repositories').fill('team/**');
    await page.getByRole('dialog').getByRole('button', { name: 'Create access token' }).click();
    const token = await takeSecret(alice);
    expect(await statusOfLogin('alice', token)).toBe(200);
    await page
      .getByRole('row', { name: /^laptop/ })
      .getByText('team/**:pull')
      .waitFor();

    await page.getByRole('button', { name: 'Revoke laptop of alice' }).click();
    await page.getByRole('button', { name: 'Revoke laptop', exact: true }).click();
    await page.getByText('The access token laptop was revoked.').waitFor();
    await page.getByRole('row', { name: /^laptop/ }).waitFor({ state: 'detached' });
    expect(await statusOfLogin('alice', token)).toBe(401);
    expect(alice.complaints()).toEqual([]);
  });

  test('an administrator gives rights to a group and sees where the rights of a member come from', async () => {
    const { page, open } = boss;
    await open('groups');
    await page.getByRole('button', { name: 'Add group' }).first().click();
    await page.getByLabel('Name', { exact: true }).fill('painters');
    await page.getByRole('dialog').getByRole('button', { name: 'Add group' }).click();
    await page.getByRole('heading', { level: 1, name: 'painters' }).waitFor();
    await page.getByRole('button', { name: 'Add member' }).first().click();
    await page.getByLabel('User', { exact: true }).fill('alice');
    await page.getByRole('dialog').getByRole('button', { name: 'Add member' }).click();
    await page.getByRole('link', { name: 'alice' }).waitFor();
    await page.getByRole('button', { name: 'Add grant' }).click();
    await page.getByLabel('Repositories').fill('art/**');
    await page.getByLabel('push').check();
    await page.getByRole('dialog').getByRole('button', { name: 'Add grant' }).click();
    await page.getByRole('row', { name: /art\/\*\*/ }).waitFor();

    await page.getByRole('link', { name: 'alice' }).click();
    await page.getByRole('heading', { level: 1, name: 'alice' }).waitFor();
    const right = page.getByRole('row', { name: /art\/\*\*/ });
    await right.waitFor();
    expect((await right.innerText()).replaceAll(/\s+/g, ' ')).toBe(
      'art/** pull push granted to group:painters',
    );

    await open('groups/painters');
    await page.getByRole('button', { name: 'Remove', exact: true }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Remove painters' }).click();
    await page.getByText('Type painters exactly as it is written here.').waitFor();
    await page.getByLabel('To confirm, type painters').fill('painters');
    await page.getByRole('dialog').getByRole('button', { name: 'Remove painters' }).click();
    await page.getByRole('heading', { level: 1, name: 'Groups' }).waitFor();
    await page.getByText('The group painters was removed.').waitFor();
    expect(boss.complaints()).toEqual([]);
  });

  test('an administrator creates a robot and rotates its secret', async () => {
    const { page, open } = boss;
    await open('robots');
    await page.getByRole('button', { name: 'Create robot' }).click();
    await page.getByLabel('Name', { exact: true }).fill('builder');
    await page.getByLabel('Repositories').fill('team/**');
    await page.getByRole('dialog').getByRole('button', { name: 'Create robot' }).click();
    const first = await takeSecret(boss);
    await page.getByRole('link', { name: 'builder' }).click();
    await page.getByRole('button', { name: 'Rotate secret' }).click();
    await page.getByLabel('How long the old secret stays valid').selectOption('0s');
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate secret' }).click();
    const second = await takeSecret(boss);
    expect([await statusOfLogin('builder', first), await statusOfLogin('builder', second)]).toEqual([
      401, 200,
    ]);

    await page.getByRole('button', { name: 'Disable' }).click();
    await page.getByRole('button', { name: 'Disable builder' }).click();
    await page.getByText('Disabled', { exact: true }).waitFor();
    expect(await statusOfLogin('builder', second)).toBe(401);
    await page.getByRole('button', { name: 'Enable' }).click();
    await page.getByText('Active', { exact: true }).waitFor();
    expect(await statusOfLogin('builder', second)).toBe(200);
    expect(boss.complaints()).toEqual([]);
  });

  test('a disabled person is signed out and cannot sign in again', async () => {
    await filled.up.addUser('heidi', password, 'reader');
    const heidi = await signIn({ url: filled.url, name: 'heidi', password });
    const { page, open } = boss;
    await open('users/heidi');
    await page.getByRole('button', { name: 'Disable', exact: true }).click();
    await page.getByRole('button', { name: 'Disable heidi' }).click();
    await page.getByText('heidi can no longer log in.').waitFor();

    await heidi.page.getByRole('link', { name: 'Your profile' }).first().click();
    await heidi.page.getByRole('heading', { level: 1, name: 'Sign in' }).waitFor();
    await heidi.page.getByText('Your session has ended.').waitFor();
    await fillSignIn(heidi.page, 'heidi', password);
    await heidi.page.getByRole('alert').waitFor();
  });

  test('a person changes their password and stays signed in', async () => {
    await filled.up.addUser('ivan', password, 'reader');
    const ivan = await signIn({ url: filled.url, name: 'ivan', password });
    const { page, open } = ivan;
    await open('profile');
    const changed = 'another correct horse battery';
    await page.getByLabel('Current password').fill(password);
    await page.getByLabel('New password', { exact: true }).fill(changed);
    await page.getByLabel('New password again').fill(changed);
    await page.getByRole('button', { name: 'Change password' }).click();
    await page.getByText('Your password was changed.').waitFor();
    expect([await statusOfLogin('ivan', password), await statusOfLogin('ivan', changed)]).toEqual([401, 200]);
  });

  test('a deep link asks to sign in and then shows its screen', async () => {
    const visitor = await openConsole({ url: filled.url });
    await visitor.open('users?q=ali');
    await fillSignIn(visitor.page, 'boss', password);
    await visitor.page.getByRole('heading', { level: 1, name: 'Users' }).waitFor();
    await visitor.page.getByRole('link', { name: 'alice' }).waitFor();
    expect(await visitor.page.getByRole('link', { name: 'bob', exact: true }).count()).toBe(0);
    expect(await visitor.page.title()).toBe('Users · dockpass');
    expect(visitor.complaints()).toEqual([]);
  });
});
