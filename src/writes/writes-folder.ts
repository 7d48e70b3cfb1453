import { join } from 'node:path';

/** The settings that say where writes are stopped. */
interface WritesSettings {
  readonly writes: { readonly directory: string | null };
  readonly up: { readonly directory: string };
}

/** Returns the folder in which a file makes the edge stop writes. */
export function writesFolder({ writes, up }: WritesSettings): string {
  return writes.directory ?? join(up.directory, 'writes');
}
