import { allNodes, type ArgumentNode, type CommandNode, type OptionNode } from './command-tree.ts';

/** Renders a completion script for fish 3.0 and later. */
export function renderFishCompletion(program: CommandNode): string {
  const nodes = allNodes(program);
  return `# fish completion for dockpass. To install it, run: dockpass completion fish > ~/.config/fish/completions/dockpass.fish

# Succeeds if the words before the cursor name the command in the first argument, such as "dockpass user".
function __dockpass_at
    set -l node dockpass
    set -l is_value no
    for word in (commandline -opc)[2..-1]
        if test $is_value = yes
            set is_value no
            continue
        end
        switch "$node $word"
${nodes.flatMap(childCases).join('\n')}
${nodes.flatMap(valueCases).join('\n')}
        end
    end
    test "$node" = "$argv[1]"
end

complete -c dockpass -f
${nodes.flatMap(completions).join('\n')}
`;
}

function childCases({ path, children }: CommandNode): string[] {
  return children.map((child) => {
    const patterns = [child.name, ...child.aliases].map((name) => quote(`${path.join(' ')} ${name}`));
    return `            case ${patterns.join(' ')}
                set node ${quote(child.path.join(' '))}`;
  });
}

function valueCases({ path, options }: CommandNode): string[] {
  const patterns = options
    .filter(({ valueTerm }) => valueTerm !== undefined)
    .flatMap(({ flags }) => flags.map((flag) => quote(`${path.join(' ')} ${flag}`)));
  // After an option that takes a value, the script skips the next word, because that word is the value and not a
  // command.
  return patterns.length === 0
    ? []
    : [`            case ${patterns.join(' ')}\n                set is_value yes`];
}

function completions(node: CommandNode): string[] {
  const at = `complete -c dockpass -n ${quote(`__dockpass_at ${quote(node.path.join(' '))}`)}`;
  return [
    ...node.children.flatMap((child) => [
      `${at} -a ${child.name} -d ${quote(child.description)}`,
      ...child.aliases.map((alias) => `${at} -a ${alias} -d ${quote(`Same as ${child.name}`)}`),
    ]),
    ...node.arguments.flatMap((argument) => argumentCompletion(at, argument)),
    ...node.options.map((option) => optionCompletion(at, option)),
  ];
}

function argumentCompletion(at: string, { values, description }: ArgumentNode): string[] {
  if (values === 'anything') return [];
  return [values === 'file' ? `${at} -F` : `${at} -a ${quote(values.join(' '))} -d ${quote(description)}`];
}

function optionCompletion(at: string, { flags, valueTerm, values, description }: OptionNode): string {
  const names = flags.map((flag) => (flag.startsWith('--') ? `-l ${flag.slice(2)}` : `-s ${flag.slice(1)}`));
  return [at, ...names, ...valueWords(valueTerm, values), `-d ${quote(description)}`].join(' ');
}

function valueWords(valueTerm: string | undefined, values: OptionNode['values']): string[] {
  if (valueTerm === undefined) return [];
  if (values === 'file') return ['-r', '-F'];
  return values === 'anything' ? ['-x'] : ['-x', '-a', quote(values.join(' '))];
}

/**
 * Puts a text in single quotes for fish. Inside single quotes, only the backslash and the single quote need an escape.
 */
function quote(text: string): string {
  return `'${text.replaceAll('\\', '\\\\').replaceAll("'", "\\'")}'`;
}
