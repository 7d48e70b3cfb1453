import { readFile, writeFile } from 'node:fs/promises';
import { delimiter, join } from 'node:path';
import { repository, searchPath } from '../run/environment.ts';
import { start, type Running } from '../process/process.ts';
import { run, succeeded, type Ran } from '../process/run.ts';
import { temporaryDirectory } from '../run/temp.ts';
import { typeAtTerminal, type Answer } from '../process/terminal.ts';

// A docs page is a recipe: its ```sh blocks, one after the other, are what a person types. A test runs every one of
// them as it stands on the page, but for names, ports and paths, which it may replace by what this machine has.
// ```sh another terminal: a block that goes on running.

export interface RecipeOptions {
  /** Text on the page → text for this machine, in this order. Each has to be on the page, or the test is out of date. */
  readonly replace?: readonly (readonly [onPage: string, here: string])[];
  /** What the shells see beside PATH and HOME. */
  readonly env?: Readonly<Record<string, string>>;
  /** Stands in for `sudo systemctl VERB UNIT`: a test's own parts are not services of the machine. */
  readonly service?: (verb: string, unit: string) => Promise<void>;
  /** Where the commands run; a new, empty directory unless said. */
  readonly directory?: string;
  /** Programs by the name that the page calls them: name → the words of a command. */
  readonly programs?: Readonly<Record<string, readonly string[]>>;
}

export interface Recipe {
  /** Where its commands run, and what HOME says. */
  readonly directory: string;
  /** A block that is only shown: the first of this kind (`nginx`, `yaml`), with its text replaced as everywhere. */
  shown(kind: string): string;
  /** The next block, which has to work. `input` is what the person types when asked. */
  next(input?: string): Promise<Ran>;
  /** The next block at a terminal, where passwords are asked for; what was on the screen. */
  type(answers: readonly Answer[]): Promise<string>;
  /** The next block, which goes on running. */
  start(): Promise<Running>;
  /** Passes the next block over, which has to be this one: the test says why. */
  skip(text: string): void;
  /** Fails unless every block of the page was run. */
  finish(): void;
}

/** As the person has it: npm test puts the repository's own Node first, and the README is for any Node. */
const ownPath = searchPath.split(delimiter).filter((folder) => !folder.includes('node_modules'));

interface Block {
  readonly line: number;
  /** What stands after the fence: `sh`, `nginx`, … */
  readonly kind: string;
  readonly text: string;
}

// --norc: bash takes a socket on stdin for a remote shell, and would read the machine's settings.
const shell = ['--norc', '-euo', 'pipefail', '-c'];

const typed = 'sh';
const staysRunning = 'sh another terminal';

/** @param page its path in the repository, e.g. docs/users.md */
export async function openRecipe(page: string, options: RecipeOptions = {}): Promise<Recipe> {
  const text = await readFile(join(repository, page), 'utf8');
  for (const [onPage] of options.replace ?? []) {
    if (!text.includes(onPage)) throw new Error(`${page} does not say ${JSON.stringify(onPage)} any more`);
  }
  const all = blocksOf(text);
  const blocks = all.filter(({ kind }) => kind === typed || kind === staysRunning);
  const directory = options.directory ?? (await temporaryDirectory('recipe'));
  const bin = await programsDirectory(options.programs ?? {});
  const env = { HOME: directory, ...options.env, PATH: [bin, ...ownPath].join(delimiter) };
  const here = (onPage: string): string =>
    (options.replace ?? []).reduce((said, [from, to]) => said.replaceAll(from, to), onPage);

  const take = (...kinds: readonly string[]): Block => {
    const block = blocks.shift();
    if (block === undefined) throw new Error(`${page} has no further block`);
    if (!kinds.includes(block.kind)) throw new Error(`${page}:${block.line} is a block \`\`\`${block.kind}`);
    return block;
  };
  return {
    directory,
    shown: (kind) => {
      const block = all.find((found) => found.kind === kind);
      if (block === undefined) throw new Error(`${page} shows no \`\`\`${kind}`);
      return here(block.text);
    },
    next: async (input) => {
      const { line, text: commands } = take(typed);
      const rans: Ran[] = [];
      for (const piece of splitAtServices(here(commands))) {
        if (typeof piece === 'string') {
          const ran = await run('bash', [...shell, piece], {
            cwd: directory,
            env,
            timeout: 100_000,
            ...(input === undefined ? {} : { input }),
          });
          rans.push(succeeded({ ...ran, command: `${page}:${line}\n${piece}` }));
        } else if (options.service !== undefined) {
          await options.service(piece.verb, piece.unit);
        } else throw new Error(`${page}:${line} asks systemctl, and the test has no services`);
      }
      const joined = (stream: 'stdout' | 'stderr' | 'output') => rans.map((ran) => ran[stream]).join('');
      return {
        command: `${page}:${line}`,
        status: 0,
        stdout: joined('stdout'),
        stderr: joined('stderr'),
        output: joined('output'),
      };
    },
    type: (answers) => typeAtTerminal(here(take(typed).text), answers, { cwd: directory, env }),
    skip: (expected) => {
      const { line, text: found } = take(typed, staysRunning);
      if (found !== expected) throw new Error(`${page}:${line} is not ${JSON.stringify(expected)}`);
    },
    start: async () => {
      const { line, text: commands } = take(staysRunning, typed);
      // The shell becomes the one command, so that signals reach it; env understands assignments before it.
      return await start('bash', [...shell, `exec env ${here(commands)}`], {
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

/** `sudo` does nothing for who is root already (the tests that need root say so), and dockpass is this repository's. */
async function programsDirectory(programs: Readonly<Record<string, readonly string[]>>): Promise<string> {
  const directory = await temporaryDirectory('programs');
  const all = {
    sudo: ['env'],
    dockpass: [process.execPath, join(repository, 'bin', 'dockpass.js')],
    ...programs,
  };
  for (const [name, words] of Object.entries(all)) {
    const command = words.map((word) => `'${word.replaceAll("'", "'\\''")}'`).join(' ');
    await writeFile(join(directory, name), `#!/bin/sh\nexec ${command} "$@"\n`, { mode: 0o755 });
  }
  return directory;
}
