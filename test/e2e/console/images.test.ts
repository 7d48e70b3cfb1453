import { beforeAll, describe, expect, test } from 'vitest';
import { violationsOf, signIn, type ConsolePage } from '../../support/console/console-browser.ts';
import { password, startFilledConsole, type FilledConsole } from '../../support/console/filled-console.ts';
import { pullImage } from '../../support/console/pull-image.ts';
import { hostileText } from '../../support/console/sample-registry.ts';
import { needs } from '../../support/run/parts.ts';

// A person looks at images in a real Chromium, on the real server, registry and edge.
needs(
  'registry-3.1',
  'caddy',
  'chromium',
)('images in the console', () => {
  let filled: FilledConsole;
  let boss: ConsolePage;

  beforeAll(async () => {
    filled = await startFilledConsole();
    boss = await signIn({ url: filled.url, name: 'boss', password });
  });

  const href = (repository: string, reference = ''): string =>
    `repositories/${encodeURIComponent(repository)}${reference === '' ? '' : `/images/${encodeURIComponent(reference)}`}`;

  test('finds a repository and copies the command that pulls it', async () => {
    const { page, open } = boss;
    await open('');
    await page.getByRole('link', { name: 'Repositories' }).first().click();
    await page.getByRole('link', { name: 'charts/app' }).waitFor();
    await page.keyboard.press('/');
    await page.keyboard.type('team');
    await page.getByRole('link', { name: 'charts/app' }).waitFor({ state: 'detached' });
    expect(page.url()).toContain('q=team');
    await page.getByRole('link', { name: 'team/app' }).click();
    await page.getByRole('heading', { level: 1, name: 'team/app' }).waitFor();
    await page.getByText('podman', { exact: true }).click();
    await page.getByRole('button', { name: 'Copy podman command' }).click();
    const copied = await page.evaluate('navigator.clipboard.readText()');
    expect(copied).toBe(`podman pull --tls-verify=false ${new URL(filled.url).host}/team/app:latest`);
  });

  test('shows size, platforms and signatures of each tag', async () => {
    const { page, open } = boss;
    await open(href('team/app'));
    const row = page.getByRole('row', { name: /^latest/ });
    expect(await row.innerText()).toMatch(
      /signed[^]*SBOM[^]*linux\/amd64[^]*linux\/arm64\/v8[^]*76\d kB[^]*27 Nov 2026/,
    );
    expect(await page.getByRole('row', { name: /sha256-.*\.sig/ }).count()).toBe(0);
    await page.getByLabel('Show signatures and attestations').check();
    await page.getByRole('row', { name: /sha256-.*\.sig/ }).waitFor();
    expect(await page.getByRole('row', { name: /sha256-.*\.sig/ }).innerText()).toContain('Signature');
  });

  test('leads from a multi-architecture image to the layers of one platform', async () => {
    const { page, open } = boss;
    await open(href('team/app', 'latest'));
    await page.getByRole('link', { name: 'linux/arm64/v8' }).click();
    const history = page.getByRole('table', { name: 'Layers and history' });
    await history.waitFor();
    const steps = await history.getByRole('row').allInnerTexts();
    expect(steps).toHaveLength(8);
    expect(steps[3]).toMatch(/RUN apk add --no-cache ca-certificates tzdata[^]*64 kB/);
    expect(steps[2]).toMatch(/CMD \["sh"\][^]*no files changed/);
    expect(await page.getByText('org.opencontainers.image.revision').count()).toBe(1);
  });

  test('recognizes signatures, and says how to verify them', async () => {
    const { page, open } = boss;
    await open(href('team/app', 'latest'));
    const table = page.getByRole('table', { name: 'Signatures and attestations' });
    const text = (await table.innerText()).replaceAll(/\s+/g, ' ');
    expect(text).toContain('Signature Notation');
    expect(text).toContain('Signature Cosign');
    expect(text).toContain('SBOM SPDX');
    await page.getByText(/^notation verify /).waitFor();
  });

  test('reads the stored manifest from the registry itself, with a token of the session', async () => {
    const { page, open } = boss;
    await open(href('team/app', 'latest'));
    const asked = page.waitForRequest((request) => new URL(request.url()).pathname.startsWith('/v2/'));
    await page.getByText('Manifest as the registry has stored it').click();
    const request = await asked;
    expect(new URL(request.url()).pathname).toBe(`/v2/team/app/manifests/${filled.index}`);
    expect(await request.headerValue('authorization')).toMatch(/^Bearer /);
    await page.getByLabel('Manifest', { exact: true }).waitFor();
    expect(await page.getByLabel('Manifest', { exact: true }).innerText()).toContain('"schemaVersion":2');
  });

  test('names the sibling tags before it deletes a tag, and deletes that tag alone', async () => {
    const { page, open } = boss;
    await open(href('team/app'));
    await page.getByRole('button', { name: 'Delete tag 2.4', exact: true }).focus();
    await page.keyboard.press('Enter');
    const dialog = page.getByRole('dialog', { name: 'Delete tag 2.4' });
    await dialog.getByText('2 other tags of the same image').waitFor();
    expect(await dialog.getByRole('listitem').allInnerTexts()).toEqual(['2.4.1', 'latest']);
    await page.keyboard.type('team/app');
    await page.keyboard.press('Enter');
    await dialog.getByText('Type team/app:2.4 exactly').waitFor();
    await page.keyboard.type(':2.4');
    await page.keyboard.press('Enter');
    await page.getByText('Tag 2.4 was deleted.').waitFor();
    await page.getByRole('row', { name: /^2\.4 / }).waitFor({ state: 'detached' });
    expect(await page.getByRole('row', { name: /^(2\.4\.1|latest)/ }).count()).toBe(2);
  });

  test('deletes an image by its digest after the name was typed', async () => {
    const { page, open } = boss;
    await open(href('team/app', filled.older));
    await page.getByRole('button', { name: 'Delete image' }).click();
    const dialog = page.getByRole('dialog');
    await dialog.getByText('1 other tag of this image will be deleted too').waitFor();
    await page.getByLabel('To confirm, type team/app').fill('team/app');
    await dialog.getByRole('button', { name: 'Delete with 1 other tag' }).click();
    await page.getByRole('heading', { level: 1, name: 'team/app' }).waitFor();
    await page.getByRole('row', { name: /^2\.2\.7/ }).waitFor();
    expect(await page.getByRole('row', { name: /^2\.3\.0/ }).count()).toBe(0);
  });

  test('who may only pull and push sees no button that deletes, and no page of administrators', async () => {
    const alice = await signIn({ url: filled.url, name: 'alice', password });
    await alice.open(href('team/web'));
    await alice.page.getByRole('row', { name: /^latest/ }).waitFor();
    expect(await alice.page.getByRole('button', { name: /^Delete/ }).count()).toBe(0);
    for (const name of ['Access', 'Rules', 'Audit log', 'Doctor', 'Warnings', 'Explain access'])
      expect(await alice.page.getByRole('link', { name, exact: true }).count(), name).toBe(0);
    await alice.open('audit');
    await alice.page.getByRole('heading', { level: 1, name: 'Page not found' }).waitFor();
    expect(alice.complaints()).toEqual([]);
  });

  test('shows who may do what on a repository, and what gives the right', async () => {
    const { page, open } = boss;
    await open(href('team/web'));
    await page.getByRole('link', { name: 'Access', exact: true }).click();
    const bob = page.getByRole('row', { name: /^bob/ });
    await bob.waitFor();
    expect(await bob.innerText()).toMatch(/pull[^]*push[^]*policy rule 1/);
    expect(await page.getByRole('row', { name: /^ci/ }).innerText()).toMatch(
      /pull[^]*created with[^]*policy rule 2/,
    );
    await page.getByLabel('Action').selectOption('delete');
    await bob.waitFor({ state: 'detached' });
    expect(await page.getByRole('row', { name: /^boss/ }).innerText()).toContain('everything');
  });

  test('shows hostile labels and build steps as text (attack 129)', async () => {
    const { page, open, complaints } = boss;
    await open(href('hostile/names', '1.0'));
    await page.getByText('RUN echo').waitFor();
    expect(await page.getByRole('table', { name: 'Labels' }).innerText()).toContain(hostileText);
    expect(await page.evaluate(() => 'attacked' in globalThis)).toBe(false);
    expect(await page.locator('main img').count()).toBe(0);
    expect(complaints()).toEqual([]);
  });

  test('a repository that does not exist says what to do', async () => {
    const { page, open } = boss;
    await open(href('no/such'));
    await page.getByText('This does not exist').first().waitFor();
    expect(await page.getByRole('button', { name: 'Try again' }).count()).toBe(1);
  });

  describe('usage', () => {
    beforeAll(async () => {
      const bob = { url: filled.url, name: 'bob', password };
      for (const tag of ['1.12.0', '1.12.0', 'latest']) await pullImage(bob, 'team/web', tag);
      await pullImage({ ...bob, name: 'boss' }, 'charts/app', '0.8.2');
    });

    test('shows how often, when and by whom each tag was pulled and pushed', async () => {
      const { page, open } = boss;
      // The registry sends its events in order, shortly after the pulls.
      const output = async (): Promise<string> =>
        (await filled.up.must(['usage', 'charts/app', '--json'])).stdout;
      await expect.poll(output, { timeout: 10_000 }).toContain('"pulls": 1');
      await open(href('team/web'));
      const row = page.getByRole('row', { name: /^1\.12\.0/ });
      expect(await row.innerText()).toMatch(/by boss[^]*by bob[^]*2 pulls in all/);
      await page.getByRole('link', { name: 'Usage', exact: true }).last().click();
      await page.getByRole('heading', { level: 1, name: 'Usage of team/web' }).waitFor();
      await page.getByRole('img', { name: /^Pulls by day, .*: 3 in all/ }).waitFor();
      await page.getByText('Show the numbers as a table').focus();
      await page.keyboard.press('Enter');
      const days = page.getByRole('table', { name: 'Pulls and pushes by day' });
      expect(await days.getByRole('row').last().innerText()).toMatch(/\s3\s/);
    });

    test('finds the most used images, what one person used, and what no one pulls', async () => {
      const { page, open } = boss;
      await open('usage');
      const table = page.getByRole('table', { name: 'Usage of images' });
      await table.getByRole('row', { name: /charts\/app/ }).waitFor();
      const names = await table.getByRole('rowheader').allInnerTexts();
      expect(names.indexOf('team/web:1.12.0')).toBeLessThan(names.indexOf('team/web:latest'));
      await page.getByLabel('User or robot').fill('bob');
      await page.keyboard.press('Enter');
      await table.getByRole('row', { name: /charts\/app/ }).waitFor({ state: 'detached' });
      expect(page.url()).toContain('by=bob');
      await page.getByRole('img', { name: /: 3 in all/ }).waitFor();
      await page.getByText('Equivalent command and API call').click();
      await page.getByText('dockpass usage --by bob --since 30d').waitFor();
      await page.getByText('Not pulled', { exact: true }).click();
      await page.getByLabel('Time without pulls and pushes').selectOption('Never pulled');
      const unused = page.getByRole('table', { name: 'Tags that no one pulls' });
      await unused.getByRole('row', { name: /^team\/app:2\.2\.7/ }).waitFor();
      expect(await unused.getByRole('row', { name: /^team\/web:latest|charts\/app|\.sig/ }).count()).toBe(0);
    });

    test('leads from a user to what the user pulled last', async () => {
      const { page, open } = boss;
      await open('users/bob');
      const table = page.getByRole('table', { name: 'Images pulled and pushed last' });
      await table.getByRole('row', { name: /^team\/web:latest/ }).waitFor();
      await page.getByRole('link', { name: 'All usage' }).click();
      await page.getByRole('heading', { level: 1, name: 'Usage' }).waitFor();
      expect(await page.getByLabel('User or robot').inputValue()).toBe('bob');
    });

    test('shows others only what they may pull', async () => {
      await filled.up.must(['user', 'add', 'guest', '--role', 'none', '--password-stdin'], {
        input: `${password}\n`,
      });
      await filled.up.must(['grant', 'add', 'guest', 'charts/**', 'pull']);
      const { page, open, complaints } = await signIn({ url: filled.url, name: 'guest', password });
      await open('usage');
      await page.getByRole('row', { name: /^charts\/app:0\.8\.2/ }).waitFor();
      expect(await page.getByRole('row', { name: /team\/web/ }).count()).toBe(0);
      await page.getByRole('img', { name: /: 1 in all/ }).waitFor();
      expect(complaints()).toEqual([]);
    });
  });

  test.each(['light', 'dark'] as const)('axe finds nothing in the %s theme', async (theme) => {
    const { page, open, complaints } = await signIn({
      url: filled.url,
      name: 'boss',
      password,
      theme,
      width: theme === 'dark' ? 360 : 1280,
    });
    for (const path of [
      'repositories',
      href('team/app'),
      'usage?period=90d',
      'usage?view=unused&period=all',
      `${href('team/web')}/usage`,
      href('team/app', 'latest'),
      href('team/web', 'latest'),
      href('charts/app', '0.8.2'),
      `${href('team/web')}/access`,
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
