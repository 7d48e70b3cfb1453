import { allNodes, type CommandNode, type ValueKind } from './command-tree.ts';

/** Renders a completion script for bash 3.2 and later. The script does not need the package bash-completion. */
export function renderBashCompletion(program: CommandNode): string {
  const nodes = allNodes(program);
  return `# bash completion for dockpass. To enable it, add this line to ~/.bashrc: source <(dockpass completion bash)

# Each of the next three functions sets the variable reply to its result. A node is a command with its parents, such as "dockpass user".
_dockpass_child() {
  reply=
  case "$1 $2" in
${nodes.flatMap(childCases).join('\n')}
  esac
}

# Sets reply to the possible values of an option: words, @file or @anything. Empty if the option takes no value.
_dockpass_value() {
  reply=
  case "$1 $2" in
${nodes.flatMap(valueCases).join('\n')}
  esac
}

# Sets reply to what can follow a command: subcommands, options, choices and @file.
_dockpass_words() {
  case "$1" in
${nodes.map(wordsCase).join('\n')}
  esac
}

_dockpass() {
  local current=\${COMP_WORDS[COMP_CWORD]} option=\${COMP_WORDS[COMP_CWORD-1]} node=dockpass reply i word words
  # bash splits --role=wr into three words: --role, = and wr.
  if [[ $current == = ]]; then
    current=
  elif [[ $option == = ]]; then
    option=\${COMP_WORDS[COMP_CWORD-2]}
  fi
  for ((i = 1; i < COMP_CWORD; i++)); do
    word=\${COMP_WORDS[i]}
    if [[ $word == -* ]]; then
      _dockpass_value "$node" "$word"
      # Skip the value of the option, because the value is not a command.
      if [[ -n $reply ]]; then
        i=$((i + 1))
        if [[ \${COMP_WORDS[i]} == = ]]; then i=$((i + 1)); fi
      fi
    else
      _dockpass_child "$node" "$word"
      node=\${reply:-$node}
    fi
  done
  reply=
  if [[ $option == -* ]]; then _dockpass_value "$node" "$option"; fi
  if [[ -z $reply ]]; then _dockpass_words "$node"; fi
  words=$reply
  # Suggest options only after a dash.
  if [[ $current != -* ]]; then
    words=
    for word in $reply; do
      if [[ $word != -* ]]; then words+=" $word"; fi
    done
  fi
  local IFS=$'\\n'
  COMPREPLY=($(compgen -W "\${words// /$'\\n'}" -- "$current" || true))
  local at
  for at in "\${!COMPREPLY[@]}"; do
    if [[ \${COMPREPLY[at]} == @* ]]; then unset "COMPREPLY[at]"; fi
  done
  if [[ " $words " == *' @file '* ]]; then
    compopt -o filenames 2>/dev/null || true
    COMPREPLY+=($(compgen -f -- "$current" || true))
  fi
}

complete -F _dockpass dockpass
`;
}

function childCases({ path, children }: CommandNode): string[] {
  return children.map((child) => {
    const patterns = [child.name, ...child.aliases].map((name) => `'${path.join(' ')} ${name}'`);
    return `    ${patterns.join(' | ')}) reply='${child.path.join(' ')}' ;;`;
  });
}

function valueCases({ path, options }: CommandNode): string[] {
  return options
    .filter(({ valueTerm }) => valueTerm !== undefined)
    .map(({ flags, values }) => {
      const patterns = flags.map((flag) => `'${path.join(' ')} ${flag}'`);
      return `    ${patterns.join(' | ')}) reply='${wordsOf(values).join(' ') || '@anything'}' ;;`;
    });
}

function wordsCase({ path, children, options, arguments: args }: CommandNode): string {
  const words = [
    ...children.flatMap(({ name, aliases }) => [name, ...aliases]),
    ...args.flatMap(({ values }) => wordsOf(values)),
    ...options.flatMap(({ flags }) => flags),
  ];
  return `    '${path.join(' ')}') reply='${words.join(' ')}' ;;`;
}

function wordsOf(values: ValueKind): readonly string[] {
  if (values === 'anything') return [];
  return values === 'file' ? ['@file'] : values;
}
