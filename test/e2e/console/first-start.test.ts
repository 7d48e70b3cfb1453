import { expect, test } from 'vitest';
import { fillSignIn, openConsole } from '../../support/console/console-browser.ts';
import { createPusher } from '../../support/console/sample-images.ts';
import { startUp } from '../../support/dockpass/dockpass.ts';
import { basic } from '../../support/network/raw-http.ts';
import { needs, part } from '../../support/run/parts.ts';

const password = 'correct horse battery staple';

needs(
  'registry-3.1',
  'caddy',
  'chromium',
)('the first start', () => {
  test('leads from the printed link to an administrator, a login and a first push', async () => {
    const up = await startUp({
      tls: false,
      args: ['--tls', 'off', '--registry', part('registry-3.1'), '--edge', part('caddy')],
    });
    const url = `http://localhost:${up.edgePort}`;
    const findLink = (): string => /http\S+\/auth\/setup#\S+/.exec(up.process.output())?.[0] ?? '';
    await expect.poll(findLink).not.toBe('');
    const link = findLink();
    const code = new URL(link).hash.slice(1);
    const { page, complaints } = await openConsole({ url });

    // The code leaves the address bar at once, so that it is in no history.
    await page.goto(link);
    await page.getByRole('heading', { level: 1, name: 'Create the first administrator' }).waitFor();
    expect(page.url()).toBe(`${url}/auth/setup`);
    expect(await page.content()).not.toContain(code);

    // A password that is too short is reported at its field, which gets the focus.
    await page.getByLabel('User name').fill('alice');
    await page.getByLabel('Password', { exact: true }).fill('short');
    await page.getByRole('button', { name: 'Create administrator' }).click();
    await page.locator('[role=alert], .field-error').first().waitFor();
    await page.getByLabel('Password', { exact: true }).fill(password);
    await page.getByRole('button', { name: 'Create administrator' }).click();
    await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();

    // The guide has the commands of this host, and notices the login and the push by itself.
    const { host } = new URL(url);
    await page.getByText(`docker login ${host} -u alice`, { exact: true }).waitFor();
    await page.getByText('Waiting for your login').waitFor();
    const login = await fetch(`${url}/auth/token?service=registry&account=alice`, {
      headers: { Authorization: basic('alice', password), 'User-Agent': 'docker/29.1.0' },
    });
    expect(login.status).toBe(200);
    await page.getByText(/^Logged in on .* from 127\.0\.0\.1$/).waitFor();
    await page.getByText('Waiting for your push').waitFor();
    await createPusher({ url, name: 'alice', password }).image('hello', '1', { steps: [] });
    await page.getByText('hello is in the registry').waitFor();
    await page.getByRole('link', { name: 'Show hello' }).click();
    await page.getByRole('heading', { level: 1, name: 'hello' }).waitFor();

    // The rejected password is the only thing that the browser may report.
    expect(complaints().filter((text) => !/400 .*\/setup$|status of 400/.test(text))).toEqual([]);

    // The link works once.
    const other = await openConsole({ url });
    await other.page.goto(link);
    await other.page.getByLabel('User name').fill('mallory');
    await other.page.getByLabel('Password', { exact: true }).fill(password);
    await other.page.getByRole('button', { name: 'Create administrator' }).click();
    await other.page.getByRole('alert').waitFor();
    await other.open('');
    await fillSignIn(other.page, 'mallory', password);
    await other.page.getByRole('alert').waitFor();
  });
});
