import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '../run/environment.ts';

/**
 * Returns the only fenced block of this language on a documentation page. It is a configuration that users copy.
 * @param replace pairs of a text on the page and the text that replaces it in the test
 * @throws if the page has no or several such blocks, or if the block lacks a text to replace, because then the page has
 *   changed and the test is out of date
 */
export async function pageBlock(
  page: string,
  language: string,
  replace: readonly (readonly [onPage: string, inTest: string])[] = [],
): Promise<string> {
  const text = await readFile(join(repository, page), 'utf8');
  const [only, ...more] = text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'));
  if (only?.[1] === undefined || more.length > 0)
    throw new Error(`${page} has ${only === undefined ? 0 : more.length + 1} ${language} blocks, expected 1`);
  let block = only[1];
  for (const [onPage, inTest] of replace) {
    if (!block.includes(onPage)) throw new Error(`${page} no longer contains ${JSON.stringify(onPage)}`);
    block = block.replaceAll(onPage, inTest);
  }
  return block;
}
