import { chromium, type Browser, type Page } from 'playwright-core';
import { findProgram } from '../src/up/process/find-programs.ts';
import { median } from './median.ts';

/** Milliseconds that a person waits, each the median of several times. */
export interface ScreenTimes {
  /** From the address to the form of the sign-in page, with an empty browser cache. */
  readonly signInPage: number;
  /** From the address to the overview of a person who is signed in. */
  readonly overview: number;
  /** From the address to the first rows of the table of users. */
  readonly usersPage: number;
  /** From the click on "Next" to the second page of users. */
  readonly nextPage: number;
  /** From the last key to the user who was searched for. */
  readonly search: number;
}

/** Opens the console in Chromium several times. */
export async function measureScreens(origin: string, login: string, times: number): Promise<ScreenTimes> {
  const executablePath = findProgram(['chromium'], process.env['PATH'] ?? '');
  if (executablePath === undefined)
    throw new Error('chromium is missing. On Debian and Ubuntu, run: sudo apt-get install chromium');
  const browser = await chromium.launch({ executablePath, args: ['--no-sandbox'] });
  try {
    const rounds: ScreenTimes[] = [];
    // The first round does not count, because Chromium and the server compile their code then.
    for (let at = 0; at <= times; at++) rounds.push(await measureOnce(browser, origin, login));
    const medianOf = (key: keyof ScreenTimes): number => median(rounds.slice(1).map((round) => round[key]));
    return {
      signInPage: medianOf('signInPage'),
      overview: medianOf('overview'),
      usersPage: medianOf('usersPage'),
      nextPage: medianOf('nextPage'),
      search: medianOf('search'),
    };
  } finally {
    await browser.close();
  }
}

async function measureOnce(browser: Browser, origin: string, login: string): Promise<ScreenTimes> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 } });
  const page = await context.newPage();
  const [name = '', password = ''] = login.split(/:(.*)/s);
  const signInPage = await timed(async () => {
    await page.goto(`${origin}/auth/`, { waitUntil: 'commit' });
    await page.getByRole('button', { name: 'Sign in' }).waitFor();
  });
  await page.getByLabel('User name').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
  await heading(page, 'Overview');
  const overview = await timed(async () => {
    await page.goto(`${origin}/auth/`, { waitUntil: 'commit' });
    await heading(page, 'Overview');
  });
  const rows = page.getByRole('row');
  const usersPage = await timed(async () => {
    await page.goto(`${origin}/auth/users`, { waitUntil: 'commit' });
    await rows.nth(20).waitFor();
  });
  const nextPage = await timed(async () => {
    await page.getByRole('button', { name: 'Next' }).click();
    await page.getByText('Page 2').waitFor();
    await page.locator('[aria-busy=true]').waitFor({ state: 'detached' });
  });
  const box = page.getByRole('searchbox');
  await box.fill('user-9999');
  const search = await timed(async () => {
    await box.press('End');
    await box.press('8');
    await page.getByRole('link', { name: 'user-99998', exact: true }).waitFor();
  });
  await context.close();
  return { signInPage, overview, usersPage, nextPage, search };
}

async function heading(page: Page, name: string): Promise<void> {
  await page.getByRole('heading', { level: 1, name }).waitFor();
}

async function timed(work: () => Promise<void>): Promise<number> {
  const begin = performance.now();
  await work();
  return performance.now() - begin;
}
