import type { Registry } from '../context.ts';

/** The mend of something in a registry's configuration; where its file is right already, it was not read since. */
export function restartRegistryOr({ file }: Registry, fileIsRight: boolean, change: string): string {
  const where = file === undefined ? "the registry's configuration" : file.path;
  return fileIsRight
    ? `Restart the registry: ${where} is right, but was changed after it started.`
    : `In ${where}: ${change}. Then restart the registry.`;
}
