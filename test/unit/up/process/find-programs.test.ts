import { chmod, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { findPrograms, type ProgramSearch } from '../../../../src/up/process/find-programs.ts';
import { temporaryDirectory } from '../../../support/run/temp.ts';

async function folderWith(...names: readonly string[]): Promise<string> {
  const folder = await temporaryDirectory('parts');
  for (const name of names) {
    await writeFile(join(folder, name), '#!/bin/sh\n');
    await chmod(join(folder, name), 0o755);
  }
  return folder;
}

const wanted = (path: string, change: Partial<ProgramSearch> = {}): ProgramSearch => ({
  registry: undefined,
  edge: undefined,
  acme: false,
  path,
  ...change,
});

describe('findPrograms', () => {
  test('prefers registry to docker-registry and caddy to nginx', async () => {
    const folder = await folderWith('registry', 'docker-registry', 'caddy', 'nginx');
    expect(findPrograms(wanted(folder))).toEqual({
      registry: join(folder, 'registry'),
      edge: { kind: 'caddy', path: join(folder, 'caddy') },
    });
  });

  test('uses the paths that were given', async () => {
    const folder = await folderWith('registry-3.1.1', 'nginx-debug', 'other');
    const found = findPrograms(
      wanted('', { registry: join(folder, 'registry-3.1.1'), edge: join(folder, 'nginx-debug') }),
    );
    expect(found.edge.kind).toBe('nginx');
    expect(() =>
      findPrograms(wanted('', { registry: join(folder, 'registry-3.1.1'), edge: join(folder, 'other') })),
    ).toThrow('neither caddy nor nginx');
    expect(() => findPrograms(wanted('', { registry: join(folder, 'none') }))).toThrow('not a program');
  });

  test('rejects nginx for ACME', async () => {
    const folder = await folderWith('registry', 'nginx');
    expect(() => findPrograms(wanted(folder, { edge: join(folder, 'nginx'), acme: true }))).toThrow(
      'needs Caddy',
    );
  });

  test.each([
    ['debian', 'sudo apt-get install -y docker-registry'],
    ['alpine', 'doas apk add docker-registry'],
    ['linux', 'go install github.com/distribution/distribution/v3/cmd/registry@'],
  ])('names what is missing with the command that installs it on %s', async (system, command) => {
    const folder = await folderWith('caddy');
    expect(() => findPrograms(wanted(folder), system)).toThrow(command);
  });
});
