// npm run docs:screenshots: starts dockpass with an example registry, and takes the screenshots that docs/console.md shows.
// Needs chromium and a built dist/.
//
// npm run docs:screenshots -- --out FOLDER [NAME]…: writes all screens, or those with these names, to another folder: light
// and dark, on a desktop and on a narrow telephone. Look at them after each change of the console.
import { mkdir, readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Browser, type BrowserContext, type Page } from 'playwright-core';
import { screens, type Screen } from './screens.ts';
import { seed } from './seed.ts';
import { seedUsage } from './seed-usage.ts';
import { administrator, host, startDemo, type DemoServer } from './start-server.ts';

const root = join(import.meta.dirname, '../../..');
const { values, positionals } = parseArgs({
  options: { out: { type: 'string' } },
  allowPositionals: true,
});

const forms = [
  { name: 'light', colorScheme: 'light', width: 1280, height: 800 },
  { name: 'dark', colorScheme: 'dark', width: 1280, height: 800 },
  { name: 'narrow-light', colorScheme: 'light', width: 360, height: 740 },
  { name: 'narrow-dark', colorScheme: 'dark', width: 360, height: 740 },
] as const;

const folder = values.out ?? join(root, 'docs/images/console');
const shown = await readFile(join(root, 'docs/console.md'), 'utf8');
await mkdir(folder, { recursive: true });
const demo = await startDemo(root);
try {
  const browser = await chromium.launch({
    executablePath: process.env['CHROMIUM'] ?? '/usr/bin/chromium',
    args: [
      `--host-resolver-rules=MAP ${host}:443 127.0.0.1:${demo.edgePort}`,
      '--no-sandbox',
      '--hide-scrollbars',
    ],
  });
  try {
    await setUp(browser, demo);
    await seed(demo);
    await seedUsage(demo);
    for (const form of forms) await takeAll(browser, form);
  } finally {
    await browser.close();
  }
} finally {
  await demo.stop();
}

type Form = (typeof forms)[number];

function openContext(browser: Browser, { colorScheme, width, height }: Form): Promise<BrowserContext> {
  return browser.newContext({
    ignoreHTTPSErrors: true,
    colorScheme,
    viewport: { width, height },
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
  });
}

/** Creates the first administrator with the one-time link, as a person would. */
async function setUp(browser: Browser, { setupLink }: DemoServer): Promise<void> {
  const context = await openContext(browser, forms[0]);
  const page = await context.newPage();
  await page.goto(setupLink);
  await shoot(page, 'setup-light');
  await page.getByLabel('User name').fill(administrator.name);
  await page.getByLabel('Password', { exact: true }).fill(administrator.password);
  await page.getByRole('button', { name: 'Create administrator' }).click();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await page.waitForLoadState('networkidle');
  await shoot(page, 'overview-new-light');
  await context.close();
}

async function takeAll(browser: Browser, form: Form): Promise<void> {
  const context = await openContext(browser, form);
  const page = await context.newPage();
  for (const screen of screens.filter(({ isSignedOut }) => isSignedOut === true)) await take(screen);
  await page.goto(`https://${host}/auth/`);
  await page.getByLabel('User name').fill(administrator.name);
  await page.getByLabel('Password', { exact: true }).fill(administrator.password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  for (const screen of screens.filter(({ isSignedOut }) => isSignedOut !== true)) await take(screen);
  await context.close();

  async function take({ name, path, prepare }: Screen): Promise<void> {
    if (!isWanted(`${name}-${form.name}`)) return;
    await page.goto(`https://${host}/auth/${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    const skeletons = page.locator('.skeleton');
    while ((await skeletons.count()) > 0) await skeletons.first().waitFor({ state: 'detached' });
    await prepare?.(page);
    await shoot(page, `${name}-${form.name}`, prepare === undefined);
  }
}

/** @param file the name of the screen and of the form, as in `users-narrow-dark` */
function isWanted(file: string): boolean {
  if (values.out === undefined) return shown.includes(`images/console/${file}.png`);
  return positionals.length === 0 || positionals.some((name) => file.startsWith(`${name}-`));
}

async function shoot(page: Page, file: string, fullPage = true): Promise<void> {
  if (!isWanted(file)) return;
  await page.screenshot({ path: join(folder, `${file}.png`), fullPage, animations: 'disabled' });
}
