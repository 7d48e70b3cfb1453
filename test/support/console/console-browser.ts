import { readFile } from 'node:fs/promises';
import { createRequire } from 'node:module';
import { chromium, type Browser, type BrowserContext, type Page, type Request } from 'playwright-core';
import { afterwards } from '../run/afterwards.ts';
import { part } from '../run/parts.ts';

/** A page of the console in a real Chromium, for a person who is signed in. */
export interface ConsolePage {
  readonly page: Page;
  readonly context: BrowserContext;
  /** Opens an address below `/auth/`, and waits like `untilQuiet`. */
  open(path: string): Promise<void>;
  /** Waits until the page has an answer to each of its requests, and shows the answers. */
  untilQuiet(): Promise<void>;
  /** What the browser has complained about: errors in its console, and requests to other hosts. */
  complaints(): readonly string[];
}

export interface OpenConsole {
  /** The origin of the console, such as `http://localhost:5001`. */
  readonly url: string;
  readonly theme?: 'light' | 'dark';
  readonly width?: number;
}

export interface SignIn extends OpenConsole {
  readonly name: string;
  readonly password: string;
}

let browser: Promise<Browser> | undefined;

function launchBrowser(): Promise<Browser> {
  browser ??= chromium
    .launch({ executablePath: part('chromium'), args: ['--no-sandbox'] })
    .then((launched) => {
      afterwards(async () => {
        browser = undefined;
        await launched.close();
      });
      return launched;
    });
  return browser;
}

/** Opens a browser window without a session. It shows nothing until `open` is called. */
export async function openConsole({ url, theme = 'light', width = 1280 }: OpenConsole): Promise<ConsolePage> {
  const launched = await launchBrowser();
  const context = await launched.newContext({
    colorScheme: theme,
    viewport: { width, height: 800 },
    permissions: ['clipboard-read', 'clipboard-write'],
    reducedMotion: 'reduce',
    acceptDownloads: true,
  });
  afterwards(() => context.close());
  const page = await context.newPage();
  const complaints: string[] = [];
  page.on('console', (message) => {
    if (message.type() === 'error') complaints.push(`${message.text()} ${message.location().url}`);
  });
  page.on('pageerror', (error) => complaints.push(error.message));
  page.on('request', (request) => {
    if (/^https?:/.test(request.url()) && new URL(request.url()).origin !== url)
      complaints.push(`request to another host: ${request.url()}`);
  });
  const untilQuiet = quietness(page);
  const open = async (path: string): Promise<void> => {
    await page.goto(`${url}/auth/${path}`);
    await untilQuiet();
  };
  return { page, context, open, untilQuiet, complaints: () => complaints };
}

/**
 * Returns a function that waits until the page is quiet: no request is open, nothing is shown as loading, and the page
 * has had the time to show an answer and to send the next request because of it. This takes a tenth of a second.
 * Playwright's `networkidle` always takes half a second, and most tests open several screens.
 */
function quietness(page: Page): () => Promise<void> {
  const open = new Set<Request>();
  let started = 0;
  page.on('request', (request) => {
    started += 1;
    open.add(request);
  });
  const end = (request: Request): unknown => open.delete(request);
  page.on('requestfinished', end).on('requestfailed', end);
  return async () => {
    for (;;) {
      const before = started;
      const isLoading = await page.evaluate(showAnswers);
      if (open.size === 0 && started === before && !isLoading) return;
    }
  };
}

/**
 * Runs in the page, and returns whether the page still shows that something is loading. Preact shows a new state in a
 * microtask, and runs effects, which send requests, after the next frame.
 */
const showAnswers = `(async () => {
  for (let frame = 0; frame < 4; frame += 1)
    await new Promise((resolve) => requestAnimationFrame(() => setTimeout(resolve, 10)));
  return document.querySelector('.skeleton, [aria-busy="true"]') !== null;
})()`;

/** Signs in as a person does, with the form. */
export async function signIn({ name, password, ...where }: SignIn): Promise<ConsolePage> {
  const opened = await openConsole(where);
  await opened.open('');
  await fillSignIn(opened.page, name, password);
  await opened.page.getByRole('heading', { level: 1, name: 'Overview' }).waitFor();
  return opened;
}

/** Fills in the form of the sign-in page and sends it. */
export async function fillSignIn(page: Page, name: string, password: string): Promise<void> {
  await page.getByLabel('User name').fill(name);
  await page.getByLabel('Password', { exact: true }).fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

const axeSource = readFile(createRequire(import.meta.url).resolve('axe-core/axe.min.js'), 'utf8');

const everyRule = ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'wcag22aa', 'best-practice'];
/** The rules of axe that look at colours. A theme changes nothing else. */
const rulesOfColours = ['color-contrast', 'link-in-text-block'];

/**
 * Checks the page with axe (WCAG 2.2 A and AA, best practices).
 * @param rules `colours` for a page in another theme whose structure was checked before
 * @returns one line for each violation
 */
export async function violationsOf(page: Page, rules: 'all' | 'colours' = 'all'): Promise<readonly string[]> {
  // The CSP of the console forbids inline scripts. evaluate() runs the script without adding it to the page.
  if (!(await page.evaluate(() => 'axe' in globalThis))) await page.evaluate(await axeSource);
  return page.evaluate(
    async (runOnly) => {
      const { axe } = globalThis as unknown as {
        axe: {
          run(
            options: object,
          ): Promise<{ violations: { id: string; nodes: { html: string; failureSummary?: string }[] }[] }>;
        };
      };
      // `resultTypes` spares the details of the elements without a violation.
      const { violations } = await axe.run({ runOnly, resultTypes: ['violations'] });
      return violations.flatMap(({ id, nodes }) =>
        nodes.map(({ html, failureSummary = '' }) => `${id}: ${html.slice(0, 200)} ${failureSummary}`),
      );
    },
    rules === 'all' ? everyRule : rulesOfColours,
  );
}
