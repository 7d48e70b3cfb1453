import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '../run/environment.ts';

/**
 * The one fenced block of this language on a docs page: a configuration that people copy. Every text to replace has to
 * be in it, or the page says something else than the test believes.
 */
export async function pageBlock(
  page: string,
  language: string,
  replace: readonly (readonly [onPage: string, here: string])[] = [],
): Promise<string> {
  const text = await readFile(join(repository, page), 'utf8');
  const [only, ...more] = text.matchAll(new RegExp(`^\`\`\`${language}\n([\\s\\S]*?)^\`\`\`$`, 'gm'));
  if (only?.[1] === undefined || more.length > 0)
    throw new Error(`${page} has ${only === undefined ? 0 : more.length + 1} ${language} blocks, not one`);
  let block = only[1];
  for (const [onPage, here] of replace) {
    if (!block.includes(onPage)) throw new Error(`${page} does not say ${JSON.stringify(onPage)} any more`);
    block = block.replaceAll(onPage, here);
  }
  return block;
}
