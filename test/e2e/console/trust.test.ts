import { beforeAll, expect, test } from 'vitest';
import { signIn, violationsOf, type ConsolePage } from '../../support/console/console-browser.ts';
import { password, startFilledConsole, type FilledConsole } from '../../support/console/filled-console.ts';
import { jobToken, statusOfLogin } from '../../support/console/waiting-rule.ts';
import { needs } from '../../support/run/parts.ts';
import { startTrustIssuer, type TrustIssuer } from '../../support/trust/issuer.ts';

// An administrator lets CI jobs in by trust rules, in a real Chromium. The issuer has the path of GitHub Enterprise Server.
needs(
  'registry-3.1',
  'caddy',
  'chromium',
)('federated identities in the console', () => {
  let issuer: TrustIssuer;
  let filled: FilledConsole;
  let boss: ConsolePage;

  beforeAll(async () => {
    issuer = await startTrustIssuer({ path: '/_services/token' });
    filled = await startFilledConsole({ issuer });
    boss = await signIn({ url: filled.url, name: 'boss', password });
  });

  const tokenOf = (claims = {}): Promise<string> => jobToken(issuer, { ref: 'refs/heads/main', ...claims });

  test('an administrator adds a rule, confirms the first token, and removes the rule again', async () => {
    const { page, open, complaints } = boss;
    const jwt = await tokenOf();
    await open('');
    await page.getByRole('link', { name: 'Federated identities' }).click();
    await page.getByRole('row', { name: /ci:deploy.*In force/s }).waitFor();
    await page.getByRole('link', { name: 'Add trust rule' }).click();
    await page.getByRole('button', { name: 'Add trust rule' }).click();
    await page.getByText('Enter both parts, such as acme/app.').waitFor();
    await page.getByLabel('GitHub Enterprise Server').fill(new URL(issuer.url).host);
    await page.getByLabel('Repository', { exact: true }).fill('acme/app');
    await page.getByLabel('Branch').fill('main');
    expect(await page.getByLabel('Name of the rule').inputValue()).toBe('acme-app');
    expect(await page.getByLabel('Repositories').inputValue()).toBe('acme/app');
    await page.getByRole('button', { name: 'Add trust rule' }).click();

    await page.getByRole('heading', { level: 1, name: 'ci:acme-app' }).waitFor();
    await page.getByText('This rule waits for its first token').waitFor();
    const { host } = new URL(filled.url);
    await page.getByText(`docker login ${host} --username ci --password-stdin`).waitFor();
    expect(await statusOfLogin(filled, jwt)).toBe(401);
    // The page notices the token by itself.
    await page.getByRole('button', { name: 'Confirm…' }).click();
    const dialog = page.getByRole('dialog');
    const pinned = dialog.getByRole('group', { name: 'Values that are fixed' });
    expect((await pinned.innerText()).split(/\s+/)).toEqual([
      ...['repository_id', '4711', 'repository_owner_id', '12'],
    ]);
    await dialog.getByRole('button', { name: 'Confirm acme-app' }).click();
    await page.getByText('The trust rule acme-app is in force.').waitFor();
    await page.getByRole('row', { name: /repository_owner_id.*12/s }).waitFor();
    expect(await statusOfLogin(filled, jwt)).toBe(200);
    expect(await statusOfLogin(filled, await tokenOf({ repository_id: '4712' }))).toBe(401);

    await open('trust/rules/acme-app');
    await page.getByText('from 127.0.0.1').waitFor();
    await page.getByRole('link', { name: 'sessions', exact: true }).click();
    await page.getByRole('row', { name: /docker/ }).waitFor();
    await page.getByRole('link', { name: 'Show all sessions' }).click();
    await page.getByRole('row').getByRole('link', { name: 'ci:acme-app' }).click();
    await page.getByRole('heading', { level: 1, name: 'ci:acme-app' }).waitFor();
    await page.getByRole('button', { name: 'Remove' }).click();
    await page.getByLabel('To confirm, type acme-app').fill('acme-app');
    await page.getByRole('dialog').getByRole('button', { name: 'Remove acme-app' }).click();
    await page.getByText('The trust rule acme-app was removed.').waitFor();
    expect(await statusOfLogin(filled, jwt)).toBe(401);

    await open('audit?user=ci:acme-app');
    const confirmed = page.getByRole('row', { name: /trust rule acme-app confirmed: repository_id 4711/ });
    expect(await confirmed.getByRole('link', { name: 'ci:acme-app' }).getAttribute('href')).toBe(
      '/auth/trust/rules/acme-app',
    );
    expect(complaints()).toEqual([]);
  });

  test('a pasted token is tested, and leaves the page when the person clears it', async () => {
    const { page, open, complaints } = boss;
    const [jwt, good] = [
      await tokenOf({ environment: 'staging', repository_id: '7' }),
      await tokenOf({ environment: 'production', repository_id: '7' }),
    ];
    await open('trust/test');
    await page.getByRole('button', { name: 'Test token' }).click();
    await page.getByText('Paste a token. It has three parts with dots between them.').waitFor();
    const field = page.getByLabel('Token', { exact: true });
    expect(await field.getAttribute('autocomplete')).toBe('off');
    await field.fill(jwt);
    await page.getByRole('button', { name: 'Test token' }).click();
    await page.getByText('The token is valid, but no trust rule matches it').waitFor();
    const mismatch = page.getByText('The claim environment is');
    expect((await mismatch.innerText()).trim()).toBe(
      'The claim environment is "staging", but must be production.',
    );
    for (const colorScheme of ['light', 'dark'] as const) {
      await page.emulateMedia({ colorScheme });
      expect(await violationsOf(page), colorScheme).toEqual([]);
    }
    await field.fill(good);
    await page.getByRole('button', { name: 'Test token' }).click();
    await page.getByText('The token logs in as ci:deploy').waitFor();
    await page.getByRole('listitem').getByText('team/app:pull', { exact: true }).waitFor();

    await page.getByRole('button', { name: 'Clear token and result' }).click();
    expect(await field.inputValue()).toBe('');
    expect(await page.getByRole('heading', { name: 'Result' }).count()).toBe(0);
    // Nothing keeps it: neither the page and its address, nor the storage of the browser.
    await field.fill(good);
    await page.getByRole('link', { name: 'Users' }).click();
    await page.getByRole('heading', { level: 1, name: 'Users' }).waitFor();
    await page.goBack();
    await page.getByRole('heading', { level: 1, name: 'Test a token' }).waitFor();
    expect(await field.inputValue()).toBe('');
    const kept = await page.evaluate(
      'JSON.stringify([location.href, {...localStorage}, {...sessionStorage}, history.state])',
    );
    expect(kept).not.toContain(good.slice(0, 20));
    expect(complaints()).toEqual([]);
  });

  test('a rule of the file is shown with its rights, and cannot be removed', async () => {
    const { page, open, complaints } = boss;
    await open('trust?q=depl');
    await page.getByRole('link', { name: 'ci:deploy' }).click();
    await page.getByText('To change or remove it, edit that file.').waitFor();
    expect(await page.getByRole('button', { name: 'Remove' }).count()).toBe(0);
    await open('trust?q=nothing');
    await page.getByText('Nothing matches').waitFor();

    await open(`repositories/${encodeURIComponent('team/app')}/access?q=deploy`);
    const row = page.getByRole('row', { name: /ci:deploy/ });
    await row.getByText(/trust rule deploy: pull on team\/app/).waitFor();
    await row.getByRole('link', { name: 'ci:deploy' }).click();
    await page.getByRole('heading', { level: 1, name: 'ci:deploy' }).waitFor();
    expect(complaints()).toEqual([]);
  });
});
