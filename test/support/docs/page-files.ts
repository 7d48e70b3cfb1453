import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { repository } from '../run/environment.ts';

/**
 * Returns the files on a documentation page: each fenced block whose opening fence names a file after the language,
 * such as "```yaml dockpass.yml". The keys are the names of the files.
 * @param page the path of the page in the repository
 * @throws if two blocks name the same file
 */
export async function pageFiles(page: string): Promise<ReadonlyMap<string, string>> {
  const text = await readFile(join(repository, page), 'utf8');
  const files = new Map<string, string>();
  for (const [, name = '', content = ''] of text.matchAll(/^```\w+ (\S+)\n([\s\S]*?)^```$/gm)) {
    if (files.has(name)) throw new Error(`${page} has two blocks for ${name}`);
    files.set(name, content);
  }
  return files;
}

/** Returns one file on a documentation page. @throws if the page has no such file */
export async function pageFile(page: string, name: string): Promise<string> {
  const content = (await pageFiles(page)).get(name);
  if (content === undefined) throw new Error(`${page} has no block for ${name}`);
  return content;
}
