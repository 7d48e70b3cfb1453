import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { beforeAll, expect, test } from 'vitest';
import { repository } from '../../support/run/environment.ts';
import { mustRun } from '../../support/process/run.ts';

// The file that `npm run build` wrote. The npm package and both images contain it, because they contain dist/.

interface Component {
  readonly name: string;
  readonly group?: string;
  readonly version: string;
  readonly purl: string;
  readonly licenses: readonly { license?: { id?: string }; expression?: string }[];
  readonly hashes?: readonly { alg: string; content: string }[];
  readonly components?: readonly Component[];
  readonly properties?: readonly { name: string; value: string }[];
}

let text: string;
let components: readonly Component[];
const nameOf = ({ group, name, version }: Component): string =>
  `${group === undefined ? '' : `${group}/`}${name} ${version}`;
const isBundled = ({ properties = [] }: Component): boolean =>
  properties.some(({ name, value }) => name === 'cdx:npm:package:bundled' && value === 'true');

beforeAll(async () => {
  text = await readFile(join(repository, 'dist/sbom.cdx.json'), 'utf8');
  ({ components } = JSON.parse(text) as { components: readonly Component[] });
});

test('the SBOM follows the schema of CycloneDX 1.6', async () => {
  expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
});

test('the SBOM names dockpass itself, with its version and licence', async () => {
  const { version, license } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as {
    version: string;
    license: string;
  };
  const { metadata } = JSON.parse(text) as { metadata: { component: Component } };
  expect(metadata.component).toMatchObject({
    name: 'dockpass',
    version,
    licenses: [{ license: { id: license } }],
  });
});

test('the SBOM lists each bundled library, as dist/THIRD-PARTY.txt does', async () => {
  const notices = await readFile(join(repository, 'dist/THIRD-PARTY.txt'), 'utf8');
  const bundled = [...notices.matchAll(/^== (\S+ \S+) \(/gm)].map(([, name]) => name);
  expect(bundled).toContainEqual(expect.stringMatching(/^express \d/));
  expect(components.filter(isBundled).map(nameOf).sort()).toEqual(bundled.sort());
});

test('the SBOM lists each library that npm installs with dockpass', async () => {
  const args = ['ls', '--omit=dev', '--all', '--parseable', '--long', '--workspaces=false'];
  const { stdout } = await mustRun('npm', args, { cwd: repository });
  // FOLDER:NAME@VERSION of each package; the first line is dockpass itself.
  const installed = stdout
    .trim()
    .split('\n')
    .slice(1)
    .map((line) => (line.split(':')[1] ?? '').replace(/@(?=[^@]+$)/, ' '));
  expect(installed).toContainEqual(expect.stringMatching(/^better-sqlite3 \d/));
  const listed = components.filter((component) => !isBundled(component)).map(nameOf);
  expect(listed).toEqual(expect.arrayContaining(installed));
});

test('each library in the SBOM has a version, a purl, a licence and a hash', () => {
  expect(components.length).toBeGreaterThan(100);
  for (const component of components) {
    const { version, purl, licenses, hashes = [] } = component;
    expect(version, component.name).toMatch(/^\d+\.\d+\.\d+/);
    expect(purl).toMatch(/^pkg:npm\/(?:%40[\w.-]+\/)?[\w.-]+@\d/);
    expect(licenses.map(({ license, expression }) => expression ?? license?.id)).toEqual([
      expect.stringMatching(/\w/),
    ]);
    expect(hashes).toEqual([{ alg: 'SHA-512', content: expect.stringMatching(/^[0-9a-f]{128}$/) as string }]);
  }
});

test('the SBOM names the SQLite inside better-sqlite3', () => {
  const { components: inside } = components.find(({ name }) => name === 'better-sqlite3') ?? {};
  expect(inside).toEqual([
    expect.objectContaining({ name: 'sqlite', version: expect.stringMatching(/^3\./) as string }),
  ]);
});
