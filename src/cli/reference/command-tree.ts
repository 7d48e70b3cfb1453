import type { Argument, Command, Option } from 'commander';
import { CliCommand } from '../cli-command.ts';

/** One command with all that the completion scripts and the man page say about it. */
export interface CommandNode {
  /** Names from the program down: `['dockpass', 'user', 'add']`. */
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
  /** As the help shows it: `<name>`, `[user]`, `<scope...>`. */
  readonly term: string;
  readonly description: string;
  readonly values: ValueKind;
}

export interface OptionNode {
  /** `['-h', '--help']`. */
  readonly flags: readonly string[];
  /** As the help shows it: `<file>`. Undefined if the option takes no value. */
  readonly valueTerm: string | undefined;
  readonly description: string;
  readonly defaultText: string | undefined;
  readonly values: ValueKind;
}

/** What a shell can propose for a value: one of these words, the name of a file, or nothing. */
export type ValueKind = readonly string[] | 'file' | 'anything';

/** Describes a command and everything below it, in the order of the help. */
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

/** The command and all below it, parents first. */
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
