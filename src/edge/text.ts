/** Joins the lines of a configuration file. A line may itself be a text of several lines. */
export function lines(...texts: readonly string[]): string {
  return texts.join('\n');
}

/** Inserts `step`, repeated `depth` times, at the start of each line that is not empty. */
export function indent(text: string, depth = 1, step = '    '): string {
  return text.replace(/^(?=.)/gm, step.repeat(depth));
}

/** Quotes a path for nginx or Caddy, so that it may contain spaces. */
export function quoted(path: string): string {
  return `"${path.replaceAll('"', '\\"')}"`;
}
