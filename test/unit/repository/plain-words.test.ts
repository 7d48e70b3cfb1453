import { readdir, readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { expect, test } from 'vitest';

// Words that earlier versions used instead of the technical terms. CONTRIBUTING.md lists the terms.
const privateWords = [
  ...['mend', 'mends', 'mended', 'household', 'households', 'patient', 'patients', 'clinic', 'janitor'],
  ...['lookout', 'lookouts', 'anew', 'whoever', 'whomever', 'nobody', 'beside', 'door', 'doors'],
  ...['guess', 'guesses', 'guessed', 'guessable', 'unsayable'],
];
const phrases = [
  'in plain sight',
  'so long before',
  'lives to its end',
  'made anew',
  'takes the place of what',
];
const pattern = new RegExp(`\\b(?:${[...privateWords, ...phrases].join('|')})\\b`, 'i');

/**
 * Texts that may contain these words: an HMAC label that must be the same in every version, a user name, and the
 * phrases in this file.
 */
const allowed = ["'dockpass guesses'", "'nobody'", '"nobody"', ...phrases.map((phrase) => `'${phrase}'`)];

const root = fileURLToPath(new URL('../../../', import.meta.url));

async function filesIn(folder: string, ending: RegExp): Promise<string[]> {
  const entries = await readdir(`${root}${folder}`, { recursive: true, withFileTypes: true });
  return entries
    .filter((entry) => entry.isFile() && ending.test(entry.name))
    .map(({ parentPath, name }) => `${parentPath}/${name}`.slice(root.length).replace('//', '/'));
}

/** `path:line: text` for each line that contains a private word, also as a part of a name in camel case. */
async function linesWithPrivateWords(
  paths: readonly string[],
  isChecked: (line: string) => boolean = () => true,
): Promise<string[]> {
  const found: string[] = [];
  for (const path of paths) {
    const lines = (await readFile(`${root}${path}`, 'utf8')).split('\n');
    for (const [index, line] of lines.entries()) {
      // Link targets are not checked, because ADRs keep their old file names.
      const words = line.replaceAll(/\]\([^)]*\)/g, ']').replaceAll(/([a-z])([A-Z])/g, '$1 $2');
      if (isChecked(line) && pattern.test(words) && !allowed.some((text) => line.includes(text)))
        found.push(`${path}:${index + 1}: ${line.trim()}`);
    }
  }
  return found;
}

test('src and its help texts use the technical terms', async () => {
  const paths = await filesIn('src', /\.ts$/);
  expect(paths.length).toBeGreaterThan(200);
  expect(await linesWithPrivateWords(paths)).toEqual([]);
});

test('test titles use the technical terms', async () => {
  const paths = await filesIn('test', /\.ts$/);
  // A title follows `test(`. If the title is long or in a row of test.each, it can be alone on its line.
  const isTitle = (line: string): boolean => /\b(?:test|it|describe)\b.*\(\s*['"`]|^\s*'.* .*',$/.test(line);
  expect(paths.length).toBeGreaterThan(100);
  expect(await linesWithPrivateWords(paths, isTitle)).toEqual([]);
});

test('pages use the technical terms', async () => {
  const pages = await filesIn('docs', /\.md$/);
  const ofToday = pages.filter((path) => !path.startsWith('docs/adr/'));
  const paths = [...ofToday, 'README.md', 'CONTRIBUTING.md', 'SECURITY.md'];
  expect(await linesWithPrivateWords(paths)).toEqual([]);
});

test('file names use the technical terms', async () => {
  const paths = [...(await filesIn('src', /./)), ...(await filesIn('test', /./))];
  expect(paths.filter((path) => pattern.test(path))).toEqual([]);
});
