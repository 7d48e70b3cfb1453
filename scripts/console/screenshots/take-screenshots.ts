// npm run docs:screenshots: starts dockpass with an example registry, and takes a screenshot of each screen of the console
// for docs/console.md: light and dark, on a desktop and on a narrow telephone. Needs chromium and a built dist/.
//
// npm run docs:screenshots -- --out FOLDER [NAME]…: writes to another folder, and only these screens.
import { mkdir } from 'node:fs/promises';
import { join } from 'node:path';
import { parseArgs } from 'node:util';
import { chromium, type Browser, type BrowserContext } from 'playwright-core';
import { screens, type Screen } from './screens.ts';
import { seed } from './seed.ts';
import { administrator, host, startDemo, type DemoServer } from './start-server.ts';

const root = join(import.meta.dirname, '../../..');
const { values, positionals } = parseArgs({
  options: { out: { type: 'string', default: join(root, 'docs/images/console') } },
  allowPositionals: true,
});

const forms = [
  { name: 'light', colorScheme: 'light', width: 1280, height: 800 },
  { name: 'dark', colorScheme: 'dark', width: 1280, height: 800 },
  { name: 'narrow-light', colorScheme: 'light', width: 360, height: 740 },
  { name: 'narrow-dark', colorScheme: 'dark', width: 360, height: 740 },
] as const;

await mkdir(values.out, { recursive: true });
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
  if (isWanted('setup')) await page.screenshot({ path: join(values.out, 'setup-light.png') });
  await page.getByLabel('User name').fill(administrator.name);
  await page.getByLabel('Password', { exact: true }).fill(administrator.password);
  await page.getByRole('button', { name: 'Create administrator' }).click();
  await page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  await page.waitForLoadState('networkidle');
  if (isWanted('overview-new'))
    await page.screenshot({ path: join(values.out, 'overview-new-light.png'), fullPage: true });
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
    if (!isWanted(name)) return;
    await page.goto(`https://${host}/auth/${path}`);
    await page.getByRole('heading', { level: 1 }).waitFor();
    const skeletons = page.locator('.skeleton');
    while ((await skeletons.count()) > 0) await skeletons.first().waitFor({ state: 'detached' });
    await prepare?.(page);
    await page.screenshot({
      path: join(values.out, `${name}-${form.name}.png`),
      fullPage: prepare === undefined,
      animations: 'disabled',
    });
  }
}

function isWanted(name: string): boolean {
  return positionals.length === 0 || positionals.includes(name);
}
