import { chmod, mkdir, readdir, readFile, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { Spec, Validation } from '@cyclonedx/cyclonedx-library';
import { beforeAll, expect, test } from 'vitest';
import { cleanClone } from '../../support/machine/clone.ts';
import { mustRun, run } from '../../support/process/run.ts';
import { repository } from '../../support/run/environment.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

// scripts/release/create-assets.sh, as .github/workflows/release.yml runs it. `docker` is a script that logs how it is
// called, because the tests cannot pull images.

const digests: Readonly<Record<string, string>> = {
  'node:26-bookworm-slim': 'a'.repeat(64),
  'registry:3': 'b'.repeat(64),
  'caddy:2': 'c'.repeat(64),
};
const withDigest = (image: string): string => `${image}@sha256:${digests[image] ?? ''}`;

let assets: string;
let version: string;
/** The command lines of docker. */
let calls: string[];

beforeAll(async () => {
  const clone = await cleanClone();
  await installedIn(clone);
  await commitIn(clone);
  const directory = await temporaryDirectory('release');
  assets = join(directory, 'assets');
  await mkdir(join(directory, 'bin'));
  const docker = join(directory, 'bin/docker');
  await writeFile(
    docker,
    `#!/bin/sh
echo "$*" >> '${directory}/calls'
case "$*" in
${Object.entries(digests)
  .map(
    ([image, digest]) =>
      `image*${image}) echo 'registry.example/library/${image.replace(/:.*/, '')}@sha256:${digest}';;`,
  )
  .join('\n')}
save*) echo an archive;;
esac
`,
  );
  await chmod(docker, 0o755);
  const env = { PATH: `${join(directory, 'bin')}:${process.env['PATH'] ?? ''}` };
  await mustRun('bash', [join(clone, 'scripts/release/create-assets.sh'), assets], { env, timeout: 120_000 });
  calls = (await readFile(join(directory, 'calls'), 'utf8')).trim().split('\n');
  ({ version } = JSON.parse(await readFile(join(repository, 'package.json'), 'utf8')) as { version: string });
}, 150_000);

/** Makes the libraries of this repository look as if `npm ci` had just installed them in the clone. */
async function installedIn(clone: string): Promise<void> {
  const [from, to] = [repository, clone].map((folder) => join(folder, 'node_modules')) as [string, string];
  await mkdir(to);
  // One link for each package: if npm removed them, the repository would keep its packages.
  for (const name of await readdir(from))
    if (name !== '.package-lock.json') await symlink(join(from, name), join(to, name));
  await writeFile(join(to, '.package-lock.json'), '{}');
}

async function commitIn(clone: string): Promise<void> {
  const identity = ['-c', 'user.name=test', '-c', 'user.email=test@example.com'];
  for (const args of [
    ['init', '--quiet'],
    ['add', '.'],
    [...identity, 'commit', '--quiet', '--message=test'],
  ])
    await mustRun('git', args, { cwd: clone });
}

test('a release contains the package, the images, their SBOMs, and a checksum of each file', async () => {
  const files = [
    `dockpass-${version}.tgz`,
    `dockpass-${version}.cdx.json`,
    `dockpass-${version}-image.tar.gz`,
    `dockpass-${version}-image.cdx.json`,
    `dockpass-all-in-one-${version}-image.tar.gz`,
    `dockpass-all-in-one-${version}-image.cdx.json`,
    'base-images.txt',
  ];
  expect((await readdir(assets)).sort()).toEqual([...files, 'SHA256SUMS'].sort());
  const { stdout } = await mustRun('sha256sum', ['--check', '--strict', 'SHA256SUMS'], { cwd: assets });
  expect(stdout.trim().split('\n')).toHaveLength(files.length);
});

test('the images are built from base images with digests, which the release names', async () => {
  expect((await readFile(join(assets, 'base-images.txt'), 'utf8')).trim().split('\n')).toEqual(
    Object.keys(digests).map(withDigest),
  );
  const builds = calls.filter((call) => call.startsWith('build '));
  expect(builds).toHaveLength(2);
  for (const build of builds)
    for (const [argument, image] of [
      ['NODE_IMAGE', 'node:26-bookworm-slim'],
      ['REGISTRY_IMAGE', 'registry:3'],
      ['CADDY_IMAGE', 'caddy:2'],
    ] as const)
      expect(build).toContain(`--build-arg ${argument}=${withDigest(image)} `);
  expect(builds[0]).toContain(`image.base.digest=sha256:${'a'.repeat(64)}`);
});

test('the package contains the SBOM that the release has, too', async () => {
  const { stdout } = await mustRun('tar', [
    '--extract',
    '--to-stdout',
    `--file=${join(assets, `dockpass-${version}.tgz`)}`,
    'package/dist/sbom.cdx.json',
  ]);
  expect(stdout).toBe(await readFile(join(assets, `dockpass-${version}.cdx.json`), 'utf8'));
});

test.each([
  ['dockpass', ['node']],
  ['dockpass-all-in-one', ['node', 'registry', 'caddy']],
])('the SBOM of the image %s is valid, and contains its base images', async (name, bases) => {
  const text = await readFile(join(assets, `${name}-${version}-image.cdx.json`), 'utf8');
  expect(await new Validation.JsonStrictValidator(Spec.Version.v1dot6).validate(text)).toBeNull();
  const { components } = JSON.parse(text) as {
    components: { type: string; name: string; purl: string; hashes: { content: string }[] }[];
  };
  const containers = components.filter(({ type }) => type === 'container');
  expect(containers.map((component) => component.name)).toEqual(bases);
  expect(containers[0]?.hashes).toEqual([{ alg: 'SHA-256', content: 'a'.repeat(64) }]);
  expect(containers[0]?.purl).toBe(`pkg:oci/node@sha256:${'a'.repeat(64)}?tag=26-bookworm-slim`);
  expect(components.map((component) => component.name)).toContain('express');
});

test('rejects a base image whose digest docker does not know', async () => {
  const sbom = join(repository, 'dist/sbom.cdx.json');
  const script = join(repository, 'scripts/release/image-sbom.ts');
  const { status, stderr } = await run(process.execPath, [script, sbom, 'node:26']);
  expect(status).not.toBe(0);
  expect(stderr).toContain('node:26 has no digest');
});
