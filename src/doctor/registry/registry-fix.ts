import type { Registry } from '../context.ts';

/** How to change a registry's configuration. If its file is right already, only a restart is missing. */
export function restartRegistryOr({ file }: Registry, fileIsRight: boolean, change: string): string {
  const where = file === undefined ? "the registry's configuration" : file.path;
  return fileIsRight
    ? `Restart the registry: ${where} is right, but was changed after the registry started.`
    : `In ${where}, ${change}. Then restart the registry.`;
}
