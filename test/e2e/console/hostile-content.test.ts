import { beforeAll, expect, test } from 'vitest';
import { signIn } from '../../support/console/console-browser.ts';
import { password, startFilledConsole, type FilledConsole } from '../../support/console/filled-console.ts';
import { basic } from '../../support/network/raw-http.ts';
import { addWaitingRule, statusOfLogin } from '../../support/console/waiting-rule.ts';
import { needs } from '../../support/run/parts.ts';
import { startTrustIssuer, type TrustIssuer } from '../../support/trust/issuer.ts';

const script = '"><img src=x onerror="window.attacked=1"><script>window.attacked=1</script>';

needs(
  'registry-3.1',
  'caddy',
  'chromium',
)('hostile content', () => {
  let issuer: TrustIssuer;
  let filled: FilledConsole;
  beforeAll(async () => {
    issuer = await startTrustIssuer();
    filled = await startFilledConsole({ issuer });
  });

  // Attack 129.
  test('is shown as text on the screens of people and rights', async () => {
    const { up, url } = filled;
    const label = ['--description', script, '--owner', script];
    await up.must(['robot', 'set', 'ci', ...label]);
    await up.must(['token', 'create', 'laptop', '--user', 'alice', '--description', script]);
    const login = await fetch(`${url}/auth/token?service=registry&account=alice&offline_token=true`, {
      headers: { Authorization: basic('alice', password), 'User-Agent': script },
    });
    expect(login.status).toBe(200);

    const { page, open, complaints } = await signIn({ url, name: 'boss', password });
    for (const path of ['robots', 'robots/ci', 'tokens', 'sessions', 'users/alice', '']) {
      await open(path);
      if (path !== '') expect(await page.locator('main').innerText()).toContain('window.attacked');
      expect(await page.evaluate('window.attacked')).toBeUndefined();
      expect(await page.locator('main img, main script').count()).toBe(0);
    }
    // A name in the address is text, too.
    await open(`users/${encodeURIComponent(script)}`);
    expect(await page.evaluate('window.attacked')).toBeUndefined();
    expect(complaints().filter((text) => !text.includes('/api/v1/users/'))).toEqual([]);
  });

  // Attack 129: anyone who starts a job chooses claims such as the branch, and the server has not verified a pasted token.
  test('is shown as text where claims of a token appear', async () => {
    const hostile = { ref: `refs/heads/${script}\u202e`, [script]: script };
    await addWaitingRule(filled, issuer, hostile);
    const { page, open, complaints } = await signIn({ url: filled.url, name: 'boss', password });
    const expectText = async (): Promise<void> => {
      const text = await page.locator('main').innerText();
      expect(text).toContain('window.attacked');
      expect(text).toContain(String.raw`\u202e`);
      expect(text).not.toContain('\u202e');
      expect(await page.evaluate('window.attacked')).toBeUndefined();
      expect(await page.locator('main img, main script').count()).toBe(0);
    };
    await open('trust/rules/acme-app');
    await expectText();
    await open('trust/test');
    const unverified = await issuer.sign({ aud: script, environment: script, ...hostile });
    for (const jwt of [unverified, `${unverified.slice(0, -8)}AAAAAAAA`]) {
      await page.getByLabel('Token', { exact: true }).fill(jwt);
      await page.getByRole('button', { name: 'Test token' }).click();
      await page.getByRole('heading', { name: 'Result' }).waitFor();
      await expectText();
    }

    const denied = await issuer.sign({ aud: 'localhost', repository_id: '7', environment: script });
    expect(await statusOfLogin(filled, denied)).toBe(401);
    // The event is written up to a second after the answer. It says which claim did not match.
    await expect
      .poll(async () => {
        await open('audit?outcome=refused');
        return page.locator('main').innerText();
      })
      .toContain('window.attacked');
    expect(await page.evaluate('window.attacked')).toBeUndefined();
    expect(await page.locator('main img, main script').count()).toBe(0);
    expect(complaints()).toEqual([]);
  });

  test('could not run anyway, because the page allows nothing inline and nothing from elsewhere', async () => {
    const { url } = filled;
    const { page, untilQuiet } = await signIn({ url, name: 'boss', password });
    const answer = await page.goto(`${url}/auth/users`);
    expect(answer?.headers()['content-security-policy']).toBe(
      "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; font-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
    );
    const html = (await answer?.text()) ?? '';
    expect(html).not.toMatch(/<script(?![^>]* src="\/auth\/assets\/)|<style|\sstyle=|\son[a-z]+=/i);
    await untilQuiet();
    expect(await page.locator('[style], style, script:not([src])').count()).toBe(0);
    await page.evaluate(`
      const script = document.createElement('script');
      script.textContent = 'window.attacked = 1';
      document.body.append(script);
    `);
    expect(await page.evaluate('window.attacked')).toBeUndefined();
  });
});
