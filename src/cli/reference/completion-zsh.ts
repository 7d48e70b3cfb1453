import { allNodes, type CommandNode, type ValueKind } from './command-tree.ts';

/**
 * Renders a completion script for zsh. A person can store the script as the file `_dockpass` in a folder of `$fpath`,
 * or load it with `source`.
 */
export function renderZshCompletion(program: CommandNode): string {
  const nodes = allNodes(program);
  return `#compdef dockpass
# zsh completion for dockpass. To enable it, add this line to ~/.zshrc after compinit: source <(dockpass completion zsh)

# Sets the variables commands, options, choices and files to what can follow a node. A node is a command with its
# parents, such as "dockpass user".
_dockpass_describe() {
  commands=() options=() choices=() files=no
  case "$1" in
${nodes.map(describeCase).join('\n')}
  esac
}

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

_dockpass() {
  local node=dockpass reply word option files
  local -a commands options choices
  local -i i
  for ((i = 2; i < CURRENT; i++)); do
    word=$words[i]
    if [[ $word == -* ]]; then
      _dockpass_value "$node" "$word"
      # Skip the value of the option, because the value is not a command.
      if [[ -n $reply ]]; then i+=1; fi
    else
      _dockpass_child "$node" "$word"
      node=\${reply:-$node}
    fi
  done
  option=$words[CURRENT-1]
  if [[ $words[CURRENT] == --*=* ]]; then
    option=\${words[CURRENT]%%=*}
    compset -P '*='
  fi
  reply=
  if [[ $option == -* ]]; then _dockpass_value "$node" "$option"; fi
  case "$reply" in
    '') ;;
    @file) _files; return ;;
    @anything) _message "value of $option"; return ;;
    *) choices=(\${=reply}); _describe value choices; return ;;
  esac
  _dockpass_describe "$node"
  if [[ $PREFIX == -* ]]; then
    _describe -o option options
    return
  fi
  if (( $#commands )); then _describe command commands; fi
  if (( $#choices )); then _describe value choices; fi
  if [[ $files == yes ]]; then _files; fi
}

if [[ $funcstack[1] == _dockpass ]]; then _dockpass "$@"; else compdef _dockpass dockpass; fi
`;
}

function describeCase({ path, children, options, arguments: args }: CommandNode): string {
  const commands = children.flatMap((child) => [
    described(child.name, child.description),
    ...child.aliases.map((alias) => described(alias, `Same as ${child.name}`)),
  ]);
  const flags = options.flatMap((option) => option.flags.map((flag) => described(flag, option.description)));
  const choices = args.flatMap(({ values }) => (Array.isArray(values) ? (values as readonly string[]) : []));
  const files = args.some(({ values }) => values === 'file') ? ' files=yes' : '';
  return `    '${path.join(' ')}')
      commands=(${commands.join(' ')})
      options=(${flags.join(' ')})
      choices=(${choices.map(quote).join(' ')})${files} ;;`;
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
      return `    ${patterns.join(' | ')}) reply='${formatValues(values)}' ;;`;
    });
}

function formatValues(values: ValueKind): string {
  return typeof values === 'string' ? `@${values}` : values.join(' ');
}

/** Formats a completion entry as `NAME:DESCRIPTION`, because the zsh function _describe expects this format. */
function described(name: string, description: string): string {
  return quote(`${name.replaceAll(':', '\\:')}:${description}`);
}

function quote(text: string): string {
  return `'${text.replaceAll("'", "'\\''")}'`;
}
