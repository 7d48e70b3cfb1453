import type { Platform } from '../../api/image-types.ts';

/** Formats a platform as the option `--platform` of docker takes it: `linux/arm64/v8`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === null ? [] : [variant])].join('/');
}
