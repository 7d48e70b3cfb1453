import { readFile, readdir, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { parse } from 'yaml';
import { dockpassHome } from '../../support/dockpass/dockpass.ts';
import { repository } from '../../support/run/environment.ts';
import { typeAtTerminal, type Answer } from '../../support/process/terminal.ts';

const init = `${process.execPath} ${join(repository, 'bin', 'dockpass.js')} init`;

const questions = [
  /anyone may pull/,
  /log in and push/,
  /reverse proxy/,
  /port/,
  /certificate/,
  /registry already runs/,
  /htpasswd file/,
];
const enters = questions.map((question): Answer => [question, '']);

test('asks at a terminal for domains and existing services, and again after an invalid answer', async () => {
  const { directory } = await dockpassHome();
  await writeFile(join(directory, 'users'), '');
  await writeFile(
    join(directory, 'config.yml'),
    'storage: { inmemory: }  # ours\nhttp: { addr: "127.0.0.1:5005" }\n',
  );
  const screen = await typeAtTerminal(`cd ${directory}; ${init} --out made`, [
    [/anyone may pull/, 'hub.example.com, *.pub.example.com'],
    [/log in and push/, 'registry.example.com:80a'],
    [/registry\.example\.com:80a is not a valid domain/, 'registry.example.com'],
    [/caddy, nginx, traefik/, 'apache'],
    [/answer with one of caddy, nginx, traefik/, 'nginx'],
    [/port .*5001/, '70000'],
    [/number from 1 to 65535/, '8443'],
    [/certificate/, 'off'],
    [/registry already runs/, 'elsewhere.yml'],
    [/there is no file elsewhere\.yml/, 'config.yml'],
    [/htpasswd file/, 'users'],
  ]);
  expect(screen).toContain('replace config.yml with ');
  const made = join(directory, 'made');
  const text = (name: string) => readFile(join(made, name), 'utf8');
  expect(parse(await text('dockpass.yml'))).toMatchObject({
    publicDomains: ['hub.example.com', '*.pub.example.com'],
    htpasswd: join(directory, 'users'),
    up: {
      port: 8443,
      tls: 'off',
      registryListen: '127.0.0.1:5005',
      privateDomains: ['registry.example.com'],
    },
  });
  expect(await text('registry-config.yml')).toContain('# ours');
  expect(await text('dockpass-nginx.conf')).toContain('listen 8443;');
});

test(
  'takes the answer in brackets for Enter, and then writes the same files as without questions',
  { timeout: 120_000 },
  async () => {
    const { directory, must } = await dockpassHome();
    await typeAtTerminal(`cd ${directory}; ${init} --out asked`, enters);
    await must(['init', '--out', 'silent']);
    expect((await readdir(join(directory, 'asked'))).sort()).toEqual(
      (await readdir(join(directory, 'silent'))).sort(),
    );
    for (const name of ['dockpass.yml', 'registry-config.yml', 'Caddyfile']) {
      const [asked, silent] = await Promise.all(
        ['asked', 'silent'].map((folder) => readFile(join(directory, folder, name), 'utf8')),
      );
      // Each run makes a secret of its own for the events of the registry.
      const comparable = (text = '') =>
        text.replaceAll('/asked/', '/silent/').replaceAll(/[0-9a-f]{64}/g, 'SECRET');
      expect(comparable(asked)).toBe(comparable(silent));
    }
  },
);

test.each([
  ['Ctrl-C', '\x03', 130, 'cancelled. Nothing was changed.'],
  ['Ctrl-D', '\x04', 1, 'nothing was written, because not all questions were answered'],
])('writes nothing if the user exits with %s', async (_key, typed, status, message) => {
  const { directory } = await dockpassHome();
  const screen = await typeAtTerminal(`cd ${directory}; ${init} --out made || echo "ended with $?"`, [
    ...enters.slice(0, 2),
    [/reverse proxy/, typed],
  ]);
  expect(screen).toContain(message);
  expect(screen).toContain(`ended with ${status}`);
  expect(await readdir(directory)).toEqual([]);
});
