// Renders docs/compatibility.md from the results of the client matrix: npm run test:matrix, then
// npm run docs:compatibility. The parts about counted pulls and about JWTs have results of their own. A part without new
// results is kept.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  compatibilityFile,
  countedResultsFile,
  jwtResultsFile,
  type Compatibility,
  type CountedResults,
  type JwtResults,
} from '../../test/support/client/compatibility.ts';
import { repository } from '../../test/support/run/environment.ts';
import { countedTitle, renderCounted } from './counted.ts';
import { jwtTitle, renderJwt } from './jwt.ts';
import { renderMatrix } from './matrix.ts';

const page = join(repository, 'docs', 'compatibility.md');

// The notes below this heading are written by hand, so they are copied from the existing page. A part without new
// results is copied too.
const notesTitle = '## Notes';
const before = await readFile(page, 'utf8').catch(() => '');
const matrix = await readJson<Compatibility>(compatibilityFile);
const jwt = await readJson<JwtResults>(jwtResultsFile);
const counted = await readJson<CountedResults>(countedResultsFile);
const parts = [
  matrix === undefined
    ? partOf(before, undefined, [countedTitle, jwtTitle, notesTitle])
    : await renderMatrix(matrix),
  counted === undefined ? partOf(before, countedTitle, [jwtTitle, notesTitle]) : renderCounted(counted),
  jwt === undefined ? partOf(before, jwtTitle, [notesTitle]) : renderJwt(jwt),
  partOf(before, notesTitle, []) || `${notesTitle}\n`,
];
await writeFile(page, parts.join(''));

/** Returns the part of a page from this heading (or from the start) to the first of the headings after it. */
function partOf(text: string, from: string | undefined, to: readonly string[]): string {
  const start = from === undefined ? 0 : text.indexOf(from);
  if (start === -1) return '';
  const ends = to.map((title) => text.indexOf(title, start)).filter((at) => at !== -1);
  return text.slice(start, ends.length === 0 ? undefined : Math.min(...ends));
}

async function readJson<Value>(file: string): Promise<Value | undefined> {
  const text = await readFile(file, 'utf8').catch(() => undefined);
  return text === undefined ? undefined : (JSON.parse(text) as Value);
}
