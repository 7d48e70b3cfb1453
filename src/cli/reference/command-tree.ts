import type { Argument, Command, Option } from 'commander';
import { CliCommand } from '../cli-command.ts';

/** The data of a command that the completion scripts and the man page need. */
export interface CommandNode {
  /** The names of the program, of the parent commands and of this command, such as `['dockpass', 'user', 'add']`. */
  readonly path: readonly string[];
  readonly name: string;
  readonly aliases: readonly string[];
  readonly description: string;
  readonly arguments: readonly ArgumentNode[];
  readonly options: readonly OptionNode[];
  readonly examples: readonly string[];
  readonly children: readonly CommandNode[];
}

export interface ArgumentNode {
  /** The placeholder of the argument in the help, such as `<name>`, `[user]` or `<scope...>`. */
  readonly term: string;
  readonly description: string;
  readonly values: ValueKind;
}

export interface OptionNode {
  /**
   * The names of the option, such as `['-h', '--help']`. If the option has a short name, the short name comes first.
   */
  readonly flags: readonly string[];
  /** The placeholder of the option's value in the help, such as `<file>`. Undefined if the option takes no value. */
  readonly valueTerm: string | undefined;
  readonly description: string;
  readonly defaultText: string | undefined;
  readonly values: ValueKind;
}

/**
 * What a shell suggests for the value of an argument or option. For a list, it suggests the words in the list. For
 * `file`, it suggests file names. For `anything`, any text is allowed, so the shell suggests nothing.
 */
export type ValueKind = readonly string[] | 'file' | 'anything';

/** Describes a command and all its subcommands, in the order in which the help lists them. */
export function describeCommand(command: Command, parents: readonly string[] = []): CommandNode {
  const help = command.createHelp();
  const path = [...parents, command.name()];
  return {
    path,
    name: command.name(),
    aliases: command.aliases(),
    description: command.description(),
    arguments: command.registeredArguments.map(describeArgument),
    options: help.visibleOptions(command).map(describeOption),
    examples: command instanceof CliCommand ? command.exampleLines : [],
    children: help
      .visibleCommands(command)
      .filter((child) => child.name() !== 'help')
      .map((child) => describeCommand(child, path)),
  };
}

/** Returns a list of the command and all its subcommands. Each command comes before its own subcommands. */
export function allNodes(node: CommandNode): CommandNode[] {
  return [node, ...node.children.flatMap(allNodes)];
}

function describeArgument(argument: Argument): ArgumentNode {
  const name = `${argument.name()}${argument.variadic ? '...' : ''}`;
  return {
    term: argument.required ? `<${name}>` : `[${name}]`,
    description: argument.description,
    values: valuesOf(argument.argChoices, argument.name()),
  };
}

function describeOption(option: Option): OptionNode {
  const valueTerm = /[<[].*$/.exec(option.flags)?.[0];
  return {
    flags: [option.short, option.long].filter((flag) => flag != null),
    valueTerm,
    description: option.description,
    defaultText: typeof option.defaultValue === 'string' ? option.defaultValue : undefined,
    values: valuesOf(option.argChoices, valueTerm ?? ''),
  };
}

function valuesOf(choices: readonly string[] | undefined, name: string): ValueKind {
  if (choices !== undefined) return choices;
  return /file|folder|path/.test(name) ? 'file' : 'anything';
}
