import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { beforeAll, describe, expect, test } from 'vitest';
import { dockpassHome } from '../../support/dockpass/dockpass.ts';
import { run, succeeded } from '../../support/process/run.ts';
import { typeAtTerminal } from '../../support/process/terminal.ts';
import { needs } from '../../support/run/parts.ts';
import { temporaryDirectory } from '../../support/run/temp.ts';

let directory: string;

beforeAll(async () => {
  directory = await temporaryDirectory('completion');
  const { must } = await dockpassHome();
  for (const shell of ['bash', 'zsh', 'fish'])
    await writeFile(join(directory, shell), (await must(['completion', shell])).stdout);
  await writeFile(join(directory, 'users.htpasswd'), '');
});

/** Incomplete command lines, and the words that a shell must propose for them, in alphabetical order. */
const cases: readonly [words: string, proposals: readonly string[]][] = [
  ['dockpass us', ['usage', 'user']],
  ['dockpass use', ['user']],
  ['dockpass user re', ['remove']],
  ['dockpass user del', ['delete']],
  ['dockpass user add --role ', ['admin', 'none', 'reader', 'writer']],
  ['dockpass user create --role w', ['writer']],
  ['dockpass --config dockpass.yml rob', ['robot']],
  ['dockpass user list --js', ['--json']],
  ['dockpass keys move --to ', ['database']],
  ['dockpass completion ', ['bash', 'fish', 'zsh']],
  ['dockpass import htpasswd users', ['users.htpasswd']],
  ['dockpass init --edge ', ['caddy', 'nginx', 'traefik']],
];

describe('bash', () => {
  test.each(cases)('completes "%s"', async (line, proposals) => {
    const script =
      'source ./bash; COMP_WORDS=("$@"); COMP_CWORD=$(($# - 1)); _dockpass; printf "%s\\n" "${COMPREPLY[@]}"';
    const ran = succeeded(
      await run('bash', ['--norc', '-euc', script, 'bash', ...line.split(' ')], { cwd: directory }),
    );
    expect(ran.stdout.split('\n').filter(Boolean).sort()).toEqual(proposals);
  });

  test('completes the value after an equals sign, which bash treats as a separate word', async () => {
    const script =
      'source ./bash; COMP_WORDS=(dockpass user add --role = w); COMP_CWORD=5; _dockpass; echo "${COMPREPLY[@]}"';
    expect(succeeded(await run('bash', ['-c', script], { cwd: directory })).stdout).toBe('writer\n');
  });

  test('completes what is typed at a prompt', async () => {
    const screen = await typeAtTerminal(`cd ${directory}; PS1='ready> ' bash --norc --noprofile -i`, [
      [/ready> /, 'source ./bash; dockpass() { echo "called: $*"; }'],
      [/ready> /, 'dockpass use\tli\t--js\t'],
      [/called: user list --json/, 'exit'],
    ]);
    expect(screen).toContain('called: user list --json');
  });
});

needs('fish')('fish', () => {
  test.each(cases)('completes "%s"', async (line, proposals) => {
    const script = 'source ./fish; complete -C "$argv[1]"';
    const ran = succeeded(await run('fish', ['--no-config', '-c', script, line], { cwd: directory }));
    const words = ran.stdout.split('\n').map((proposal) => proposal.split('\t')[0]);
    expect(words.filter(Boolean).sort()).toEqual(proposals);
  });

  test('describes what it proposes', async () => {
    const ran = await run('fish', ['--no-config', '-c', 'source ./fish; complete -C "dockpass comp"'], {
      cwd: directory,
    });
    expect(ran.stdout).toBe('completion\tPrint a completion script for a shell\n');
  });
});

needs('zsh')('zsh', () => {
  // zsh inserts a single proposal into the command line, so the command that zsh runs contains it.
  test.each(cases.filter(([, proposals]) => proposals.length === 1))(
    'completes "%s"',
    async (line, [proposal = '']) => {
      const typed = line.slice(0, line.lastIndexOf(' ') + 1) + proposal;
      const expected = `called: ${typed.slice('dockpass '.length)}`;
      const screen = await typeAtTerminal(`cd ${directory}; PS1='ready> ' zsh -f -i`, [
        [/ready> /, 'autoload -Uz compinit; compinit -D; source ./zsh; dockpass() { echo "called: $*" }'],
        [/ready> /, `${line}\t`],
        [/called: /, 'exit'],
      ]);
      expect(screen).toContain(expected);
    },
  );

  test('describes what it proposes', async () => {
    const screen = await typeAtTerminal(`cd ${directory}; PS1='ready> ' zsh -f -i`, [
      [/ready> /, 'autoload -Uz compinit; compinit -D; source ./zsh; dockpass() { echo "called: $*" }'],
      [/ready> /, 'dockpass re\t'],
      [/Restore a backup/, ''],
      [/called: /, 'exit'],
    ]);
    expect(screen).toMatch(/repo +-- List and delete/);
  });
});

test('rejects another shell with status 2', async () => {
  const { cli } = await dockpassHome();
  const ran = await cli(['completion', 'tcsh']);
  expect(ran).toMatchObject({ status: 2, stdout: '' });
  expect(ran.stderr).toContain('bash, zsh, fish');
});
