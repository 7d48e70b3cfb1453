import { asObject, asText } from './json.ts';

export interface Platform {
  readonly os: string;
  readonly architecture: string;
  readonly variant?: string | undefined;
  readonly osVersion?: string | undefined;
}

/** Reads the platform of a descriptor in an index, or the same members of the configuration of an image. */
export function readPlatform(value: unknown): Platform | undefined {
  const found = asObject(value);
  const os = asText(found?.['os']);
  const architecture = asText(found?.['architecture']);
  if (os === undefined || architecture === undefined) return undefined;
  const [variant, osVersion] = [asText(found?.['variant']), asText(found?.['os.version'])];
  return { os, architecture, variant, osVersion };
}

/** Formats a platform as the option `--platform` of docker takes it: `linux/arm64/v8`. */
export function formatPlatform({ os, architecture, variant }: Platform): string {
  return [os, architecture, ...(variant === undefined ? [] : [variant])].join('/');
}
