/**
 * Returns the first argument that is not part of `--config FILE` or `--url URL`. Usually this is the name of a command,
 * such as `user`, but it can also be an option or a name with a typing error. Returns undefined if the command line has
 * no such argument.
 * @param argv the command line, in the form of `process.argv`: node, the script, then the arguments
 */
export function calledCommand(argv: readonly string[]): string | undefined {
  let at = 2;
  // Skip --config and --url, which can come before the command, as in `dockpass --config FILE user list`.
  for (;;) {
    const option = /^--(?:config|url)(?<value>=)?/.exec(argv[at] ?? '');
    if (option === null) return argv[at];
    at += option.groups?.['value'] === undefined ? 2 : 1;
  }
}
