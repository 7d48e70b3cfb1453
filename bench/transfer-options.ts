import { accessSync, constants } from 'node:fs';
import { homedir, tmpdir } from 'node:os';
import { delimiter, join } from 'node:path';
import { parseArgs } from 'node:util';
import type { EdgeKind } from './lanes.ts';
import { wholeNumber } from './whole-number.ts';

export interface TransferOptions {
  readonly edges: readonly { readonly kind: EdgeKind; readonly path: string; readonly upEdge: string }[];
  readonly registry: string;
  readonly crane: string;
  readonly pairs: number;
  readonly mebibytes: number;
  readonly images: string;
  readonly bin: string;
}

export const usage = `npm run bench:transfer -- [--pairs 5] [--size 1024] [--edge caddy|nginx|traefik]… [--images DIR]
                          [--registry PATH] [--bin FILE]

  --pairs N        Push and pull this often with tokens and without
  --size MIB       Set the size of the layer
  --edge NAME      Measure only this edge, can be repeated (to install traefik: scripts/install-parts.sh --matrix)
  --images DIR     Store the layer and the images here, three times the size (default: the folder for temporary files)
  --registry PATH  Run this registry (default: registry-3.1.1 of scripts/install-parts.sh)
  --bin FILE       Measure another build, by its bin/dockpass.js`;

/** @throws TypeError if the usage is wrong or a program is missing */
export function readTransferOptions(argv: readonly string[]): TransferOptions {
  const { values } = parseArgs({
    args: [...argv],
    options: {
      pairs: { type: 'string', default: '5' },
      size: { type: 'string', default: '1024' },
      edge: { type: 'string', multiple: true, default: ['caddy', 'nginx'] },
      images: { type: 'string', default: tmpdir() },
      registry: { type: 'string' },
      bin: { type: 'string', default: new URL('../bin/dockpass.js', import.meta.url).pathname },
    },
  });
  return {
    edges: values.edge.map((kind) => {
      if (kind !== 'caddy' && kind !== 'nginx' && kind !== 'traefik')
        throw new TypeError(`--edge must be caddy, nginx or traefik, not ${kind}`);
      return { kind, path: find(kind), upEdge: find(kind === 'traefik' ? 'caddy' : kind) };
    }),
    registry: values.registry ?? find('registry-3.1.1'),
    crane: find('crane'),
    pairs: wholeNumber('--pairs', values.pairs),
    mebibytes: wholeNumber('--size', values.size),
    images: values.images,
    bin: values.bin,
  };
}

/** Finds a program in the same folders as scripts/parts.sh. */
function find(name: string): string {
  const { DOCKPASS_PARTS, XDG_CACHE_HOME = join(homedir(), '.cache'), PATH = '' } = process.env;
  const parts = DOCKPASS_PARTS ?? join(XDG_CACHE_HOME, 'dockpass-parts');
  const folders = [join(parts, 'bin'), ...PATH.split(delimiter), '/usr/local/sbin', '/usr/sbin', '/sbin'];
  const found = folders.map((folder) => join(folder, name)).find(isExecutable);
  if (found === undefined)
    throw new TypeError(`${name} is missing. To install it, run: scripts/install-parts.sh`);
  return found;
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
