/** Lines of a configuration file; an entry may hold several. */
export function lines(...parts: readonly string[]): string {
  return parts.join('\n');
}

/** Moves every line that is not empty in by `depth` steps. */
export function indent(text: string, depth = 1, step = '    '): string {
  return text.replace(/^(?=.)/gm, step.repeat(depth));
}

/** A path for nginx or Caddy, blanks and all. */
export function quoted(path: string): string {
  return `"${path.replaceAll('"', '\\"')}"`;
}
