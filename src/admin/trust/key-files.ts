import type { Config } from '../../config/load.ts';
import { messageOf } from '../../errors.ts';
import { readKeySetFile } from '../../identity/federated/keys/key-set-file.ts';
import { keyFileOf } from '../../trust/trust-rule.ts';

/**
 * Finds files with key sets that the trust rules of the configuration name, and that cannot be used. A server starts
 * all the same, because the file can come later, but it then accepts no JWT by these rules.
 * @returns one line of text for each rule
 */
export async function findKeyFileProblems({ trust }: Pick<Config, 'trust'>): Promise<string[]> {
  const warnings: string[] = [];
  for (const rule of trust) {
    const path = keyFileOf(rule);
    const problem = path === undefined ? undefined : await problemOf(path);
    if (problem !== undefined)
      warnings.push(
        `trust rule ${rule.name}: cannot use the key set ${path}: ${problem}. Until you fix the file, the rule accepts no JWT`,
      );
  }
  return warnings;
}

async function problemOf(path: string): Promise<string | undefined> {
  try {
    const keySet = await readKeySetFile(path);
    return typeof keySet === 'string' ? keySet : undefined;
  } catch (error) {
    return messageOf(error);
  }
}
