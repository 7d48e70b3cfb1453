import { Command } from 'commander';

/**
 * A command of dockpass: commander's own, with the parts that all our commands share. It knows example calls, which
 * the help and the man page show.
 */
export class CliCommand extends Command {
  /** Complete command lines, as a person would type them. */
  readonly exampleLines: string[] = [];

  constructor(name: string) {
    super(name);
    this.helpOption('-h, --help', 'Show this help');
    this.addHelpText('after', () =>
      this.exampleLines.length === 0
        ? ''
        : ['', 'Examples:', ...this.exampleLines.map((line) => `  ${line}`)].join('\n'),
    );
  }

  /** Adds complete command lines to the help. Every command has at least one; a test checks that. */
  examples(...lines: readonly string[]): this {
    this.exampleLines.push(...lines);
    return this;
  }

  /** Adds `--json`. Every command that lists or shows something has it. */
  jsonOption(description = 'Print JSON'): this {
    return this.option('--json', description);
  }

  /** Adds `--yes`, for a command that calls `confirm` before it removes something. */
  yesOption(): this {
    return this.option('--yes', 'Do not ask for confirmation');
  }
}

/** The options that the action of a command with `jsonOption()` receives. */
export interface JsonOption {
  readonly json?: boolean;
}

/** The options that the action of a command with `yesOption()` receives. */
export interface YesOption {
  readonly yes?: boolean;
}

/** Pairs of words with the same meaning. Other command lines use one or the other, so both work here. */
const aliases: Readonly<Record<string, string>> = {
  add: 'create',
  create: 'add',
  remove: 'delete',
  delete: 'remove',
};

/** Gives a command named `add`, `create`, `remove` or `delete` its other name. */
export function addAlias(command: Command): void {
  const alias = aliases[command.name()];
  const isTaken = command.parent?.commands.some((sibling) => sibling.name() === alias) ?? false;
  if (alias !== undefined && !isTaken && !command.aliases().includes(alias)) command.alias(alias);
}
