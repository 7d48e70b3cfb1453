import { readFile } from 'node:fs/promises';
import { beforeAll, expect, test } from 'vitest';
import { violationsOf, signIn, type ConsolePage } from '../../support/console/console-browser.ts';
import { password, startFilledConsole, type FilledConsole } from '../../support/console/filled-console.ts';
import { storePlan } from '../../support/console/stored-plan.ts';
import { needs } from '../../support/run/parts.ts';

// An administrator explains, audits and checks the installation in a real Chromium.
needs(
  'registry-3.1',
  'caddy',
  'chromium',
)('operations in the console', () => {
  let filled: FilledConsole;
  let boss: ConsolePage;

  beforeAll(async () => {
    filled = await startFilledConsole();
    boss = await signIn({ url: filled.url, name: 'boss', password });
  });

  /** Logs in with a wrong password. @returns the error text that docker would print */
  async function failToLogIn(agent = 'docker/29.1.0'): Promise<string> {
    const answer = await fetch(`${filled.url}/auth/token?service=registry&scope=repository:team/app:pull`, {
      headers: { Authorization: `Basic ${btoa('alice:wrong')}`, 'User-Agent': agent },
    });
    const { errors } = (await answer.json()) as { errors: { message: string }[] };
    return `Error response from daemon: unauthorized: ${errors[0]?.message ?? ''}`;
  }

  test('explains the error that docker prints', async () => {
    const { page, open, untilQuiet } = boss;
    const error = await failToLogIn();
    await open('explain');
    await page.getByLabel('Error text or id').fill(error);
    await expect
      .poll(async () => {
        await page.getByRole('button', { name: 'Explain error' }).click();
        await page.getByRole('heading', { level: 1, name: /^Event/ }).waitFor();
        await untilQuiet();
        const text = await page.locator('main').innerText();
        if (text.includes('What it means')) return text;
        // The event is written up to a second after the answer.
        await page.goBack();
        await page.getByLabel('Error text or id').fill(error);
        return text;
      })
      .toMatch(/alice exists and is not disabled[^]*docker\/29\.1\.0/);
    await page.getByRole('link', { name: 'Explain what this client would get now' }).click();
    await page.getByText('alice gets pull').waitFor();
  });

  test('an error without an id leads to the image that it names', async () => {
    const { page, open } = boss;
    await open('explain');
    await page.getByLabel('Error text or id').fill('nonsense');
    await page.getByRole('button', { name: 'Explain error' }).click();
    await page.getByText('There is no id and no name of an image in this text.', { exact: false }).waitFor();
    await page
      .getByLabel('Error text or id')
      .fill(`pull access denied for ${new URL(filled.url).host}/team/app, repository does not exist`);
    await page.getByRole('button', { name: 'Explain error' }).click();
    await page.getByText(/A client without a login is denied/).waitFor();
    expect(await page.getByLabel('Repository', { exact: true }).inputValue()).toBe('team/app');
  });

  test('explains which access a robot gets, at an address that can be sent to someone', async () => {
    const { page, open } = boss;
    await open('explain');
    await page.getByLabel('User or robot').fill('ci');
    await page.getByLabel('Repository', { exact: true }).fill('team/web');
    await page.getByLabel('push').check();
    await page.getByRole('button', { name: 'Explain request' }).click();
    await page.getByText('ci gets pull, but not push').waitFor();
    expect(await page.evaluate('document.activeElement.textContent')).toBe('Result');
    await page.reload();
    await page.getByText('ci gets pull, but not push').waitFor();
    await page.getByText(/policy rule 2: deny push, delete to robots/).waitFor();
  });

  test('filters the audit log and exports it without formulas (attack 132)', async () => {
    const { page, open, untilQuiet, complaints } = boss;
    // In earlier tests, the page asks for denials that are not written yet, and the browser reports the 404.
    const earlier = complaints().length;
    await failToLogIn('=cmd|calc');
    await open('audit');
    await page.getByLabel('Events').selectOption('refused');
    await page.getByLabel('User or robot').fill('alice');
    await page.keyboard.press('Enter');
    await expect.poll(() => page.url()).toContain('outcome=refused&user=alice');
    await expect
      .poll(async () => {
        await page.reload();
        await untilQuiet();
        return page.locator('main').innerText();
      })
      .toContain('=cmd|calc');
    expect(await page.getByText('changed', { exact: true }).count()).toBe(0);
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Export CSV' }).click(),
    ]);
    const csv = await readFile(await download.path(), 'utf8');
    expect(csv.split('\r\n')[0]).toMatch(/^time,id,outcome,name/);
    expect(csv).toContain(`'=cmd|calc`);
    expect(csv).not.toMatch(/,"?=cmd/);
    const [lines] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('link', { name: 'Export JSON lines' }).click(),
    ]);
    const rows = (await readFile(await lines.path(), 'utf8')).trimEnd().split('\n');
    expect(rows.map((row) => (JSON.parse(row) as { name: string }).name)).toContain('alice');
    expect(complaints().slice(earlier)).toEqual([]);
  });

  test('the live view shows new events, and its requests do not prolong the session (attack 134)', async () => {
    const { page, open } = boss;
    await open('audit?outcome=refused');
    const polled: string[] = [];
    page.on('request', async (request) => {
      if (request.url().includes('after='))
        polled.push((await request.headerValue('dockpass-background')) ?? 'none');
    });
    await page.getByRole('switch', { name: 'Live' }).check({ force: true });
    await failToLogIn('live/1.0');
    const row = page.getByRole('row', { name: /live\/1\.0/ });
    await row.waitFor({ timeout: 20_000 });
    expect(await row.innerText()).toContain('new');
    expect(new Set(polled)).toEqual(new Set(['true']));
    await page.getByRole('switch', { name: 'Live' }).uncheck({ force: true });
  });

  test('shows the rules with what they match', async () => {
    const { page, open } = boss;
    await open('rules');
    const first = page.locator('#rule-1');
    await first.getByText('matches 1 login').waitFor();
    await first.getByText('matches 2 repositories').click();
    expect(await first.getByRole('link').allInnerTexts()).toEqual(['team/app', 'team/web']);
    expect(await page.locator('main input:not([type=search]), main textarea').count()).toBe(0);
  });

  test('previews what other rules would change, and for whom', async () => {
    const { page, open } = boss;
    await open('rules');
    await page.getByRole('link', { name: 'Preview other rules' }).click();
    await page.getByRole('button', { name: 'Start from the configured rules' }).click();
    const field = page.getByLabel('Rules', { exact: true });
    await expect.poll(() => field.inputValue()).toContain('deny: [push, delete], to: [robots]');
    await page.getByRole('button', { name: 'Show what would change' }).click();
    await page.getByRole('heading', { name: 'Nothing would change' }).waitFor();
    await field.fill('policy:\n  - { deny: [push], to: ["user:alice"], on: ["team/**"] }\n');
    await page.getByRole('button', { name: 'Show what would change' }).click();
    const alice = page.getByRole('row', { name: /^alice/ }).first();
    await alice.waitFor();
    expect(await alice.innerText()).toMatch(/team\/app, team\/web[^]*push/);
    await field.fill('- { deny: [pusch], to: [everyone], on: [a] }');
    await page.getByRole('button', { name: 'Show what would change' }).click();
    await page.getByText(/Rule 1, deny:/).waitFor();
  });

  test('rotates the signing key', async () => {
    const { page, open } = boss;
    await open('keys');
    await page.getByRole('button', { name: 'Rotate signing key' }).click();
    await page.getByRole('dialog').getByRole('button', { name: 'Rotate signing key' }).click();
    await page.getByText(/The new signing key .* was created\./).waitFor();
    await expect.poll(() => page.getByRole('row').count()).toBe(4);
  });

  test('runs doctor and shows what was checked', async () => {
    const { page, open } = boss;
    await open('doctor');
    await page.getByLabel('Read only').check();
    await page.getByRole('button', { name: 'Run checks' }).click();
    await page.getByRole('heading', { name: 'What was checked' }).waitFor({ timeout: 60_000 });
    expect(await page.locator('main').innerText()).toContain('private domain localhost');
  });

  test('warns in the navigation that a robot expires soon', async () => {
    const { page, open } = boss;
    await filled.up.must(['robot', 'create', 'nightly', '--only', 'team/**:pull', '--expires', '5d']);
    // SIGHUP runs the health checks at once, and not only after their interval.
    filled.up.process.signal('SIGHUP');
    await expect
      .poll(async () => {
        await open('warnings');
        return page.locator('main').innerText();
      })
      .toContain('robot_near_end');
    await page.getByRole('link', { name: /^Warnings 1 warning/ }).waitFor();
  });

  test('makes a retention plan and says that the rules delete nothing', async () => {
    const { page, open } = boss;
    await open('');
    await page.getByRole('link', { name: 'Retention' }).click();
    await page.getByRole('row', { name: /infra\/\*\*[^]*Keeps the 20 tags pushed last/ }).waitFor();
    await page.getByRole('button', { name: 'Make a plan' }).click();
    await page.getByText('The rules delete nothing').waitFor();
    expect(page.url()).toMatch(/retention\?plan=\w+$/);
  });

  test('names what a retention plan deletes, and deletes nothing if the registry has changed', async () => {
    const { page, open } = boss;
    const id = await storePlan(filled, ['infra/api', 'infra/api', 'infra/web']);
    await open(`retention?plan=${id}`);
    await page.getByText('3 deletions in 2 repositories, 10.2 MB would be deleted').waitFor();
    await page.getByLabel('Repository', { exact: true }).selectOption({ index: 2 });
    const table = page.getByRole('table', { name: 'Deletions' });
    expect(await table.getByRole('row').count()).toBe(2);
    expect(await table.innerText()).toMatch(
      /infra\/web:build-2[^]*not among the 20 tags[^]*3\.4 MB[^]*by ci/,
    );
    await page.getByRole('button', { name: 'Apply…' }).click();
    const dialog = page.getByRole('dialog', { name: 'Apply the plan' });
    await dialog.getByText('3 deletions in 2 repositories').waitFor();
    expect(await violationsOf(page)).toEqual([]);
    await dialog.getByLabel('To confirm, type 3').fill('3');
    await dialog.getByRole('button', { name: 'Apply 3 deletions' }).click();
    await dialog.getByRole('alert').filter({ hasText: 'made for the registry' }).waitFor();
    await dialog.getByRole('button', { name: 'Cancel' }).click();
    await page.getByRole('button', { name: 'Apply…' }).waitFor();
  });

  test.each(['light', 'dark'] as const)('axe finds nothing in the %s theme', async (theme) => {
    const width = theme === 'dark' ? 360 : 1280;
    const { page, open, complaints } = await signIn({
      url: filled.url,
      name: 'boss',
      password,
      theme,
      width,
    });
    for (const path of [
      'retention',
      'rules',
      'rules/preview',
      `explain?host=${new URL(filled.url).host}&user=alice&repository=team/app&actions=pull,delete`,
      'audit',
      'keys',
      'doctor',
      'warnings',
    ]) {
      await open(path);
      expect(await violationsOf(page), path).toEqual([]);
      expect(await page.getByRole('heading', { level: 1 }).count(), path).toBe(1);
      expect(await page.title(), path).toMatch(/^.+ · dockpass$/);
      expect(await page.evaluate('document.documentElement.scrollWidth <= innerWidth'), path).toBe(true);
    }
    expect(complaints()).toEqual([]);
  });
});
