import { Command } from 'commander';

/**
 * A command of commander, with the parts that all dockpass commands share: a help option, example command lines for the
 * help and the man page, `--json` and `--yes`.
 */
export class CliCommand extends Command {
  /** Example command lines for the help, as a person would type them. */
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

  /** Adds example command lines to the help. A test checks that every command has at least one example. */
  examples(...lines: readonly string[]): this {
    this.exampleLines.push(...lines);
    return this;
  }

  /** Adds the option `--json`. Every command that lists or shows something has this option. */
  jsonOption(description = 'Print JSON'): this {
    return this.option('--json', description);
  }

  /** Adds the option `--yes`, for commands that call `confirm` before they remove something. */
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

/**
 * Maps a command name to its alias. Other programs use different names for the same command, so dockpass accepts
 * `create` as well as `add`, and `delete` as well as `remove`.
 */
const aliases: Readonly<Record<string, string>> = {
  add: 'create',
  create: 'add',
  remove: 'delete',
  delete: 'remove',
};

/**
 * Adds an alias to a command: `create` to `add`, `add` to `create`, `delete` to `remove` and `remove` to `delete`. Adds
 * no alias if another subcommand of the same parent already has this name.
 */
export function addAlias(command: Command): void {
  const alias = aliases[command.name()];
  const isTaken = command.parent?.commands.some((sibling) => sibling.name() === alias) ?? false;
  if (alias !== undefined && !isTaken && !command.aliases().includes(alias)) command.alias(alias);
}
