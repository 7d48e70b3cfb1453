import type { Config } from '../../config/load.ts';
import { messageOf } from '../../errors.ts';
import { readPublicFile } from '../../files/atomic-file.ts';
import { parseKeySet } from '../../trust/key-set.ts';

/**
 * Finds files with key sets that the trust rules of the configuration name, and that cannot be used. A server starts
 * all the same, because the file can come later, but it then accepts no JWT by these rules.
 * @returns one line of text for each rule
 */
export async function findKeyFileProblems({ trust }: Pick<Config, 'trust'>): Promise<string[]> {
  const warnings: string[] = [];
  for (const { name, jwks } of trust) {
    if (jwks === undefined || jwks.startsWith('https://')) continue;
    const problem = await problemOf(jwks);
    if (problem !== undefined)
      warnings.push(
        `trust rule ${name}: cannot use the key set ${jwks}: ${problem}. Until you fix the file, the rule accepts no JWT`,
      );
  }
  return warnings;
}

async function problemOf(path: string): Promise<string | undefined> {
  try {
    const text = await readPublicFile(path);
    if (text === undefined) return 'the file does not exist';
    const keySet = parseKeySet(text);
    return typeof keySet === 'string' ? keySet : undefined;
  } catch (error) {
    return messageOf(error);
  }
}
