import type { Registry } from '../context.ts';

/**
 * Returns the text of a fix that changes a registry's configuration. If the registry's file is already correct, the fix
 * only says to restart the registry.
 */
export function restartRegistryOr({ file }: Registry, fileIsRight: boolean, change: string): string {
  const where = file === undefined ? "the registry's configuration" : file.path;
  return fileIsRight
    ? `Restart the registry, because ${where} is correct but was changed after the registry started.`
    : `In ${where}, ${change}. Then restart the registry.`;
}
