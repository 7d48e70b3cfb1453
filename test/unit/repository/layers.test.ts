import { mkdir, writeFile } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { cruise, type ICruiseResult } from 'dependency-cruiser';
import { expect, test } from 'vitest';
import { importRules } from '../../../scripts/lint/import-rules.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

/** Returns the names of the import rules that a source tree with these files violates. */
async function violations(files: Readonly<Record<string, string>>): Promise<string[]> {
  const folder = await temporaryDirectory('layers');
  for (const [name, text] of Object.entries({ 'src/main.ts': '', ...files })) {
    await mkdir(dirname(join(folder, name)), { recursive: true });
    await writeFile(join(folder, name), text);
  }
  const { output } = await cruise(['src'], {
    doNotFollow: { path: 'node_modules' },
    tsPreCompilationDeps: true,
    baseDir: folder,
    validate: true,
    ruleSet: { forbidden: importRules },
  });
  return (output as ICruiseResult).summary.violations.map(({ rule }) => rule.name);
}

test('allows an import of a lower layer', async () => {
  const files = {
    'src/errors.ts': 'export const code = 1;',
    'src/net/host.ts': "import { code } from '../errors.ts'; export const host = code;",
  };
  expect(await violations(files)).toEqual([]);
});

test('rejects an import of a higher layer', async () => {
  const files = {
    'src/http/server.ts': 'export const server = 1;',
    'src/net/host.ts': "import { server } from '../http/server.ts'; export const host = server;",
  };
  expect(await violations(files)).toEqual(['imports-of-net/']);
});

test('rejects an import of a higher layer from a subfolder', async () => {
  const files = {
    'src/http/server.ts': 'export const server = 1;',
    'src/keys/ca/x509.ts': "import { server } from '../../http/server.ts'; export const x509 = server;",
  };
  expect(await violations(files)).toEqual(['imports-of-keys/']);
});

test('rejects an import of a type from a higher layer', async () => {
  const files = {
    'src/http/server.ts': 'export interface Server {}',
    'src/net/host.ts': "import type { Server } from '../http/server.ts'; export type Host = Server;",
  };
  expect(await violations(files)).toEqual(['imports-of-net/']);
});

test('rejects a lazy import of a higher layer', async () => {
  const files = {
    'src/http/server.ts': 'export const server = 1;',
    'src/net/host.ts': "export const host = () => import('../http/server.ts');",
  };
  expect(await violations(files)).toEqual(['imports-of-net/']);
});

test('rejects an import of a higher layer from a file at the root of src', async () => {
  const files = {
    'src/http/server.ts': 'export const server = 1;',
    'src/issue-token.ts': "import { server } from './http/server.ts'; export const issue = server;",
  };
  expect(await violations(files)).toEqual(['imports-of-issue-token.ts']);
});

test('rejects a file at the root of src that is in no layer', async () => {
  const files = {
    'src/errors.ts': 'export const code = 1;',
    'src/helpers.ts': "import { code } from './errors.ts'; export const helper = code;",
  };
  expect(await violations(files)).toEqual(['known-room']);
});

test('rejects a cycle of types between two files of one folder', async () => {
  const files = {
    'src/net/host.ts': "import type { Port } from './port.ts'; export type Host = Port;",
    'src/net/port.ts': "import type { Host } from './host.ts'; export type Port = Host;",
  };
  expect(new Set(await violations(files))).toEqual(new Set(['no-cycle']));
});

test('rejects a package outside the files that own it', async () => {
  const files = {
    'node_modules/node-forge/package.json': '{"name":"node-forge","main":"index.js"}',
    'node_modules/node-forge/index.js': 'module.exports = {};',
    'src/net/host.ts': "import forge from 'node-forge'; export const host = forge;",
  };
  expect(await violations(files)).toEqual(['owner-of-node-forge']);
});
