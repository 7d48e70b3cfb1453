import { accessSync, constants } from 'node:fs';
import { dirname, resolve } from 'node:path';
import type { Config } from '../../config/load.ts';
import { DockpassError, messageOf } from '../../errors.ts';

/** The value of `--tls` or `up.tls`. In the kind `files`, the paths are absolute. */
export type TlsChoice =
  | { readonly kind: 'self-signed' }
  | { readonly kind: 'off' }
  | { readonly kind: 'acme' }
  | { readonly kind: 'files'; readonly certificate: string; readonly key: string };

/**
 * Parses the setting `up.tls`. @throws DockpassError `bad_configuration` if the value is unknown or a file cannot be
 * read
 */
export function readTlsChoice(config: Config): TlsChoice {
  const text = config.up.tls;
  if (text === 'self-signed' || text === 'off' || text === 'acme') return { kind: text };
  const files = text.split(',').map((path) => path.trim());
  const [certificate = '', key = ''] = files;
  if (files.length !== 2 || certificate === '' || key === '') {
    throw new DockpassError(
      'bad_configuration',
      `up.tls: unknown value ${JSON.stringify(text)}. Use self-signed, acme, off, or CERTIFICATE,KEY (the paths of two PEM files).`,
    );
  }
  const base = config.file === undefined ? process.cwd() : dirname(resolve(config.file));
  return {
    kind: 'files',
    certificate: requireReadable(resolve(base, certificate)),
    key: requireReadable(resolve(base, key)),
  };
}

function requireReadable(path: string): string {
  try {
    accessSync(path, constants.R_OK);
    return path;
  } catch (cause) {
    throw new DockpassError(
      'bad_configuration',
      `up.tls: cannot read ${path}: ${messageOf(cause)}. Check the path and its permissions.`,
      {
        cause,
      },
    );
  }
}
