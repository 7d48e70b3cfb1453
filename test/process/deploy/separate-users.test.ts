import { lstat, mkdir, stat, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { mustRun } from '../../support/process/run.ts';
import { repository } from '../../support/run/environment.ts';
import { needs } from '../../support/run/parts.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

// The all-in-one image prepares its volume as root. Programs that ran in an earlier container can have put symbolic
// links there. test/e2e/separate-users.test.ts runs the image itself.

const [dockpass, registry, edge] = [65532, 65533, 65531];

/** Calls a function of docker/separate-users.js in a process of its own. */
async function call(name: 'separateVolume' | 'prepareEdgeFolders', path: string): Promise<string> {
  const module = JSON.stringify(join(repository, 'docker/separate-users.js'));
  const script = `const module = await import(${module}); module.${name}(${JSON.stringify(path)});`;
  return (await mustRun(process.execPath, ['--input-type=module', '-e', script])).output;
}

/** Returns owner, group and mode: `65532:65531 2750`. */
async function ownershipOf(path: string): Promise<string> {
  const { uid, gid, mode } = await stat(path);
  return `${uid}:${gid} ${(mode & 0o7777).toString(8)}`;
}

needs('root')('the volume of the all-in-one image', () => {
  test('gives the images to the registry and all other files to the token server, once', async () => {
    const [volume, outside] = [await temporaryDirectory('volume'), await temporaryDirectory('outside')];
    for (const name of ['docker/registry', '.dockpass/keys']) {
      await mkdir(join(volume, name), { recursive: true });
      await writeFile(join(volume, name, 'file'), '');
      await symlink(outside, join(volume, name, 'link'));
    }
    expect(await call('separateVolume', volume)).toContain('This happens only once');
    const ownerOf = async (path: string): Promise<number> => (await lstat(join(volume, path))).uid;
    for (const name of ['docker/registry', 'docker/registry/file', 'docker/registry/link'])
      expect(await ownerOf(name), name).toBe(registry);
    for (const name of ['.dockpass', '.dockpass/keys/file', '.dockpass/keys/link'])
      expect(await ownerOf(name), name).toBe(dockpass);
    expect(await ownershipOf(join(volume, 'docker'))).toBe(`${registry}:${dockpass} 750`);
    expect(await ownershipOf(volume)).toBe(`0:${dockpass} 775`);
    expect(await ownershipOf(outside)).toMatch(/^0:/);
    expect(await call('separateVolume', volume)).toBe('');
  });

  test('rejects a link in place of the folder of the images, and changes nothing behind it', async () => {
    const [volume, outside] = [await temporaryDirectory('volume'), await temporaryDirectory('outside')];
    const before = await ownershipOf(outside);
    await symlink(outside, join(volume, 'docker'));
    await expect(call('separateVolume', volume)).rejects.toThrow(/docker is not a folder/);
    expect(await ownershipOf(outside)).toBe(before);
    // The mark of a separated volume is missing, so the next start tries again.
    expect(await ownershipOf(volume)).not.toMatch(`0:${dockpass}`);
  });

  test('creates the folders of the edge, for its own files and for its certificate', async () => {
    const directory = join(await temporaryDirectory('volume'), '.dockpass/up');
    await mkdir(join(directory, 'caddy'), { recursive: true });
    await writeFile(join(directory, 'caddy/account'), '');
    await call('prepareEdgeFolders', directory);
    expect(await ownershipOf(join(directory, 'caddy'))).toBe(`${edge}:${dockpass} 770`);
    expect((await stat(join(directory, 'caddy/account'))).uid).toBe(edge);
    expect(await ownershipOf(join(directory, 'edge'))).toBe(`${dockpass}:${edge} 2750`);
  });

  test.each(['up', 'caddy'])('does not follow a link in place of the folder %s', async (name) => {
    const [volume, outside] = [await temporaryDirectory('volume'), await temporaryDirectory('outside')];
    const directory = join(volume, 'up');
    if (name === 'caddy') await mkdir(directory);
    await symlink(outside, name === 'up' ? directory : join(directory, name));
    const before = await ownershipOf(outside);
    await expect(call('prepareEdgeFolders', directory)).rejects.toThrow(`${name} is not a folder`);
    expect(await ownershipOf(outside)).toBe(before);
  });
});
