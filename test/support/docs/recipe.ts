import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { openStore } from '../../../src/store/open-store.ts';
import { repository, searchPath } from '../run/environment.ts';
import { start, type Running } from '../process/process.ts';
import { run, succeeded, type Ran } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';
import { typeAtTerminal, type Answer } from '../process/terminal.ts';

// A recipe is a documentation page whose ```sh blocks are the commands that a user types, in the order of the page. A
// test runs each block unchanged, except that it may replace names, ports and paths with those of this machine.
// The commands of a block that begins with "```sh another terminal" keep running.

export interface RecipeOptions {
  /**
   * Pairs of a text on the page and the text that replaces it on this machine, in the order in which they are replaced.
   * If a text is not on the page, the test is out of date, and opening the recipe fails.
   */
  readonly replace?: readonly (readonly [onPage: string, inTest: string])[];
  /** Environment variables of the shells, in addition to PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  /** Runs instead of `sudo systemctl VERB UNIT`, because the programs that a test starts are not systemd services. */
  readonly service?: (verb: string, unit: string) => Promise<void>;
  /** The directory in which the commands run. Default: a new, empty directory. */
  readonly directory?: string;
  /** Programs that the page uses: for each program name, the command with arguments that runs instead. */
  readonly programs?: Readonly<Record<string, readonly string[]>>;
}

export interface Recipe {
  /** The directory in which the commands run. It is also the value of HOME. */
  readonly directory: string;
  /** Returns the text of the first block of this kind, such as `nginx` or `yaml`, after the replacements. */
  shown(kind: string): string;
  /** Runs the next block, and rejects if it fails. `input` is the standard input of the commands. */
  next(input?: string): Promise<Ran>;
  /**
   * Runs the next block at a terminal, for commands that prompt for a password.
   * @returns the text on the screen
   */
  type(answers: readonly Answer[]): Promise<string>;
  /** Starts the command of the next block, and does not wait for its end. */
  start(): Promise<Running>;
  /** Skips the next block, which must begin with this text. The test explains why it skips the block. */
  skip(beginning: string): void;
  /** Fails unless every block of the page was run. */
  finish(): void;
}

/**
 * The PATH without folders in node_modules, as a user has it. `npm test` puts the repository's own Node.js first in the
 * PATH, but the commands of the README must work with any Node.js.
 */
const ownPath = searchPath.split(delimiter).filter((folder) => !folder.includes('node_modules'));

interface Block {
  readonly line: number;
  /** The text after the opening fence, such as `sh` or `nginx`. */
  readonly kind: string;
  readonly text: string;
}

// If stdin is a socket, bash assumes that it is a remote shell and reads the bashrc files of the machine. --norc
// prevents this.
const shell = ['--norc', '-euo', 'pipefail', '-c'];

const shellBlock = 'sh';
const longRunningBlock = 'sh another terminal';

/** @param page the path of the page in the repository, for example docs/users.md */
export async function openRecipe(page: string, options: RecipeOptions = {}): Promise<Recipe> {
  const text = await readFile(join(repository, page), 'utf8');
  for (const [onPage] of options.replace ?? []) {
    if (!text.includes(onPage)) throw new Error(`${page} no longer contains ${JSON.stringify(onPage)}`);
  }
  const all = blocksOf(text);
  const blocks = all.filter(({ kind }) => kind === shellBlock || kind === longRunningBlock);
  const directory = options.directory ?? (await temporaryDirectory('recipe'));
  // Pages that do not start dockpass themselves assume that it has run before.
  if (
    !blocks.some((block) =>
      /\b(?:dockpass.* (?:init|serve|up)|npm start|docker (?:exec|compose|run))\b/.test(block.text),
    )
  )
    await (await openStore(join(directory, 'data', 'dockpass.db'))).close();
  const bin = await programsDirectory(options.programs ?? {});
  const env = { HOME: directory, ...options.env, PATH: [bin, ...ownPath].join(delimiter) };
  const adapt = (onPage: string): string =>
    (options.replace ?? []).reduce((adapted, [from, to]) => adapted.replaceAll(from, to), onPage);

  const take = (...kinds: readonly string[]): Block => {
    const block = blocks.shift();
    if (block === undefined) throw new Error(`${page} has no more shell blocks`);
    if (!kinds.includes(block.kind))
      throw new Error(`${page}:${block.line}: the test does not expect a \`\`\`${block.kind} block here`);
    return block;
  };
  return {
    directory,
    shown: (kind) => {
      const block = all.find((found) => found.kind === kind);
      if (block === undefined) throw new Error(`${page} has no \`\`\`${kind} block`);
      return adapt(block.text);
    },
    next: async (input) => {
      const { line, text: commands } = take(shellBlock);
      const results: Ran[] = [];
      for (const piece of splitAtServices(adapt(commands))) {
        if (typeof piece === 'string') {
          const ran = await run('bash', [...shell, piece], {
            cwd: directory,
            env,
            timeout: 100_000,
            ...(input === undefined ? {} : { input }),
          });
          results.push(succeeded({ ...ran, command: `${page}:${line}\n${piece}` }));
        } else if (options.service !== undefined) {
          await options.service(piece.verb, piece.unit);
        } else throw new Error(`${page}:${line} runs systemctl, but the test has no option \`service\``);
      }
      const joined = (stream: 'stdout' | 'stderr' | 'output') => results.map((ran) => ran[stream]).join('');
      return {
        command: `${page}:${line}`,
        status: 0,
        stdout: joined('stdout'),
        stderr: joined('stderr'),
        output: joined('output'),
      };
    },
    type: (answers) => typeAtTerminal(adapt(take(shellBlock).text), answers, { cwd: directory, env }),
    skip: (expected) => {
      const { line, text: found } = take(shellBlock, longRunningBlock);
      if (!found.startsWith(expected))
        throw new Error(`${page}:${line}: expected the block ${JSON.stringify(expected)} as the next one`);
    },
    start: async () => {
      const { line, text: commands } = take(longRunningBlock, shellBlock);
      // exec replaces the shell with the command of the block, so that the command receives signals. env is necessary
      // because the block may have variable assignments before the command.
      return await start('bash', [...shell, `exec env ${adapt(commands)}`], {
        cwd: directory,
        env,
        name: `${page}:${line}`,
        grace: 20_000,
      });
    },
    finish: () => {
      const [left] = blocks;
      if (left !== undefined) throw new Error(`${page}:${left.line} was not run:\n${left.text}`);
    },
  };
}

function blocksOf(page: string): Block[] {
  const blocks: Block[] = [];
  let open: { line: number; kind: string; lines: string[] } | undefined;
  page.split('\n').forEach((line, at) => {
    const fence = /^```(.*)$/.exec(line)?.[1];
    if (open === undefined) {
      if (fence !== undefined) open = { line: at + 1, kind: fence, lines: [] };
    } else if (fence === undefined) {
      open.lines.push(line);
    } else {
      blocks.push({ line: open.line, kind: open.kind, text: open.lines.join('\n') });
      open = undefined;
    }
  });
  return blocks;
}

function splitAtServices(commands: string): (string | { verb: string; unit: string })[] {
  const pieces: (string | { verb: string; unit: string })[] = [];
  let lines: string[] = [];
  const flush = (): void => {
    if (lines.some((line) => line.trim() !== '')) pieces.push(lines.join('\n'));
    lines = [];
  };
  for (const line of commands.split('\n')) {
    const [, verb, unit] = /^sudo systemctl (\S+(?: --now)?) (\S+)/.exec(line) ?? [];
    if (verb === undefined || unit === undefined) lines.push(line);
    else {
      flush();
      pieces.push({ verb, unit });
    }
  }
  flush();
  return pieces;
}

/**
 * Creates a directory of programs for the PATH of the shells. `sudo` runs the command without changing the user,
 * because tests whose commands need root already run as root. `dockpass` is the program of this repository.
 */
async function programsDirectory(programs: Readonly<Record<string, readonly string[]>>): Promise<string> {
  const directory = await temporaryDirectory('programs');
  const all = {
    sudo: ['env'],
    dockpass: [process.execPath, join(repository, 'bin', 'dockpass.js')],
    ...programs,
  };
  for (const [name, args] of Object.entries(all)) {
    const command = args.map((arg) => `'${arg.replaceAll("'", "'\\''")}'`).join(' ');
    await writeFile(join(directory, name), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  }
  return directory;
}
