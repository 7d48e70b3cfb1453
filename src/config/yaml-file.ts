import { DockpassError } from '../errors.ts';

export interface YamlFile {
  readonly path: string;
  readonly values: Record<string, unknown>;
  /**
   * Returns the line number of a key, counted from 1. If the file does not contain the key, returns the line number of
   * the section that would contain the key. If the file does not contain that section either, the next outer section
   * counts, and so on. Returns undefined if the file contains none of these sections.
   */
  lineOf(path: readonly string[]): number | undefined;
}

/**
 * Parses the text of a configuration file.
 * @throws DockpassError `bad_configuration` if the text is not valid YAML, or not a YAML mapping
 */
export async function readYaml(path: string, text: string): Promise<YamlFile> {
  // Load the YAML parser only if there is a file, so that a server without a configuration file starts faster.
  const { LineCounter, parseDocument, isMap, isNode, isPair, isScalar } = await import('yaml');
  const lines = new LineCounter();
  // Without `logLevel`, the parser prints warnings with parts of the file, which may contain secrets.
  const document = parseDocument(text, { lineCounter: lines, logLevel: 'error' });
  const fault = document.errors[0];
  if (fault !== undefined) {
    throw new DockpassError(
      'bad_configuration',
      `${path}:${lines.linePos(fault.pos[0]).line}: ${fault.message.split('\n')[0]}`,
    );
  }
  const values: unknown = document.toJS() ?? {};
  if (typeof values !== 'object' || values === null || Array.isArray(values)) {
    throw new DockpassError('bad_configuration', `${path}:1: must contain settings, each as "key: value"`);
  }
  const lineOf = (keys: readonly string[]): number | undefined => {
    const parent = keys.length > 1 ? document.getIn(keys.slice(0, -1), true) : document.contents;
    const pair = isMap(parent)
      ? parent.items.find(
          (item) => isPair(item) && isScalar(item.key) && String(item.key.value) === keys.at(-1),
        )
      : undefined;
    const node = pair?.key ?? document.getIn(keys, true);
    const offset = isNode(node) ? node.range?.[0] : undefined;
    if (offset !== undefined) return lines.linePos(offset).line;
    return keys.length > 1 ? lineOf(keys.slice(0, -1)) : undefined;
  };
  return { path, values: values as Record<string, unknown>, lineOf };
}
