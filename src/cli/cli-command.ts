import { Command } from 'commander';

/**
 * A command of the npm package commander, extended with the parts that all dockpass commands share: a help option,
 * example command lines for the help and the man page, and the options `--json` and `--yes`.
 */
export class CliCommand extends Command {
  /** The command lines that the help shows as examples, such as `dockpass audit --since 1h`. */
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

  /**
   * Adds the options `--yes` and `--dry-run`, for commands that call `confirm` before they change something that cannot
   * be undone.
   */
  confirmOptions(): this {
    return this.option('--yes', 'Do not ask for confirmation').option(
      '--dry-run',
      'Say what would be changed, and change nothing',
    );
  }
}

/** The parsed option `--json`. Commands that call `jsonOption()` have this option. */
export interface JsonOption {
  readonly json?: boolean;
}

/** The parsed option `--yes`. Commands that call `confirmOptions()` have this option. */
export interface YesOption {
  readonly yes?: boolean;
}

/** The parsed option `--dry-run`. Commands that call `confirmOptions()` have this option. */
export interface DryRunOption {
  readonly dryRun?: boolean;
}

export interface ConfirmOptions extends YesOption, DryRunOption {}

/**
 * The aliases of commands, by the name of the command. Other programs use different names for the same action, so
 * dockpass accepts `create` as well as `add`, and `delete` as well as `remove`.
 */
const aliases: Readonly<Record<string, string>> = {
  add: 'create',
  create: 'add',
  remove: 'delete',
  delete: 'remove',
};

/**
 * Adds an alias to a command: `create` to `add`, `add` to `create`, `delete` to `remove` and `remove` to `delete`. Adds
 * no alias if the parent command has another subcommand whose name is the alias.
 */
export function addAlias(command: Command): void {
  const alias = aliases[command.name()];
  const isTaken = command.parent?.commands.some((sibling) => sibling.name() === alias) ?? false;
  if (alias !== undefined && !isTaken && !command.aliases().includes(alias)) command.alias(alias);
}
