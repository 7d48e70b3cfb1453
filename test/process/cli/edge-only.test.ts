import { mkdir, readFile, readdir, rm, symlink, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { stringify } from 'yaml';
import { dockpassHome, type DockpassHome } from '../../support/dockpass/dockpass.ts';
import { needs, part } from '../../support/run/parts.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

const init = ['init', '--public-domain', 'pub.example.com', '--private-domain', 'registry.example.com'];

describe('dockpass init --edge-only', () => {
  test.each([
    ['caddy', 'Caddyfile'],
    ['nginx', 'dockpass-nginx.conf'],
    ['traefik', 'traefik/dockpass.yml'],
  ])('writes the same file for %s as init, if the configuration is unchanged', async (edge, name) => {
    const home = await dockpassHome();
    await home.must([...init, '--edge', edge]);
    const read = (): Promise<string> => readFile(join(home.directory, name), 'utf8');
    const before = await read();
    await writeFile(join(home.directory, name), `${before}changed by hand`);
    // The command detects the kind of edge from the files in the folder.
    await home.must(['init', '--edge-only']);
    expect(await read()).toBe(before);
  });

  needs('caddy', 'caddy-2.10')('with Caddy on PATH', () => {
    test('writes a timeout for bodies if the Caddy of this machine has one', async () => {
      const home = await dockpassHome();
      const folder = await temporaryDirectory('programs');
      const timeout = async (program: 'caddy' | 'caddy-2.10'): Promise<string | undefined> => {
        await rm(join(folder, 'caddy'), { force: true });
        await symlink(part(program), join(folder, 'caddy'));
        await home.must(['init', '--edge-only'], { env: { PATH: folder } });
        const text = await readFile(join(home.directory, 'Caddyfile'), 'utf8');
        return /^.*read_timeout 15s$/m.exec(text.slice(text.indexOf('max_size')))?.[0].trim();
      };
      expect(await timeout('caddy-2.10')).toBe('read_timeout 15s');
      expect(await timeout('caddy')).toBe('# read_timeout 15s');
    });
  });

  test('applies a changed configuration to the edge, and changes no other file', async () => {
    const home = await dockpassHome();
    await home.must([...init, '--edge', 'nginx', '--tls', 'off']);
    const file = join(home.directory, 'dockpass.yml');
    const before = await contents(home);
    const config = (before.get('dockpass.yml') ?? '').replace('["pub.example.com"]', '["hub.example.com"]');
    await writeFile(file, config);
    const { stderr } = await home.must(['init', '--edge-only']);
    expect(stderr).toContain('dockpass-nginx.conf. Next step:');
    const after = await contents(home);
    expect(after.get('dockpass-nginx.conf')).toContain('hub\\.example\\.com');
    for (const [name, text] of before)
      if (name !== 'dockpass-nginx.conf' && name !== 'dockpass.yml') expect(after.get(name)).toBe(text);
  });

  test('creates neither a database nor keys', async () => {
    const home = await dockpassHome({ config: { publicDomains: ['pub.example.com'] } });
    const { stderr } = await home.must(['init', '--edge-only', '--out', 'edge']);
    expect(stderr).toContain('server.pem does not exist yet');
    expect((await readdir(home.directory)).sort()).toEqual(['dockpass.yml', 'edge']);
    expect(await readdir(join(home.directory, 'edge'))).toEqual(['Caddyfile']);
  });

  test('adds a new domain to the self-signed certificate', async () => {
    const home = await dockpassHome();
    await home.must(init);
    const certificate = join(home.directory, 'data/up/tls/server.pem');
    const before = await readFile(certificate, 'utf8');
    await home.must(['init', '--edge-only']);
    expect(await readFile(certificate, 'utf8')).toBe(before);
    await home.must(['init', '--edge-only'], { env: { DOCKPASS_PUBLIC_DOMAINS: 'hub.example.com' } });
    expect(await readFile(certificate, 'utf8')).not.toBe(before);
  });

  test.each([
    [['--port', '8443'], {}, 2, '--edge-only takes domains, port and certificate from the configuration'],
    [['--edge', 'nginx'], { up: { tls: 'acme' } }, 2, 'only Caddy supports'],
    [[], { up: { tls: 'a.pem,b.pem' } }, 1, 'up.tls: cannot read'],
    [[], { servcie: 'x' }, 1, 'Did you mean service?'],
  ])('%j with %j ends with status %i', async (words, config, status, message) => {
    const home = await dockpassHome({ config: stringify(config) });
    const ran = await home.cli(['init', '--edge-only', ...words]);
    expect(ran).toMatchObject({ status, stdout: '' });
    expect(ran.stderr).toContain(message);
    expect(await readdir(home.directory)).toEqual(['dockpass.yml']);
  });

  test.each([
    ['caddy', 'Caddyfile'],
    ['nginx', 'dockpass-nginx.conf'],
    ['traefik', 'traefik.yml'],
  ])('does not overwrite a file for %s that dockpass did not write', async (edge, name) => {
    const home = await dockpassHome({ config: {} });
    const file = join(home.directory, name);
    const other = '# other.example.com\n# Caddy as the edge of dockpass\n';
    await writeFile(file, other);
    const ran = await home.cli(['init', '--edge-only', '--edge', edge]);
    expect([ran.status, ran.stderr]).toEqual([
      1,
      expect.stringContaining(`did not create: ${file}. Choose another`),
    ]);
    expect(await readFile(file, 'utf8')).toBe(other);
    expect((await readdir(home.directory)).sort()).toEqual([name, 'dockpass.yml'].sort());
  });

  test('asks for --edge if the folder has files of two edges', async () => {
    const home = await dockpassHome({ config: {} });
    await mkdir(join(home.directory, 'edge'));
    for (const name of ['Caddyfile', 'dockpass-nginx.conf'])
      await writeFile(join(home.directory, 'edge', name), '');
    const ran = await home.cli(['init', '--edge-only', '--out', 'edge']);
    expect([ran.status, ran.stderr]).toEqual([2, expect.stringContaining('files of caddy and nginx')]);
  });
});

/** Returns the contents of all files in the folder, by name. */
async function contents({ directory }: DockpassHome): Promise<Map<string, string>> {
  const entries = await readdir(directory, { recursive: true, withFileTypes: true });
  const files = entries.filter((entry) => entry.isFile());
  return new Map(
    await Promise.all(
      files.map(async ({ name, parentPath }): Promise<[string, string]> => [
        join(parentPath, name).slice(directory.length + 1),
        await readFile(join(parentPath, name), 'utf8'),
      ]),
    ),
  );
}
