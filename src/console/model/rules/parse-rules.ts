import { isMap, LineCounter, parseDocument } from 'yaml';

/** What a person pasted, read as the list of rules of the setting `policy`. */
export type ParsedRules =
  { readonly rules: readonly unknown[] } | { readonly error: string; readonly line: number | undefined };

const hint =
  'Paste the list of rules as it stands under "policy:" in dockpass.yml, or the same list as JSON.';

/**
 * Reads a pasted list of rules: the list alone, the section `policy:` with its heading, or a whole dockpass.yml, in YAML
 * or JSON. Only the form is checked here. The server checks the rules themselves and names the position of each error.
 */
export function parseRules(text: string): ParsedRules {
  if (text.trim() === '') return { error: `There are no rules yet. ${hint}`, line: undefined };
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false, version: '1.2' });
  const [fault] = document.errors;
  if (fault !== undefined)
    return {
      error: `This is not valid YAML: ${fault.message}.`,
      line: lineCounter.linePos(fault.pos[0]).line,
    };
  let value: unknown;
  try {
    // Aliases are not expanded without a limit, because a short text could become a very large list.
    value = document.toJS({ maxAliasCount: 100 });
  } catch (error) {
    return { error: `The YAML cannot be read: ${String(error)}`, line: undefined };
  }
  const list: unknown = isMap(document.contents) ? (value as { policy?: unknown }).policy : value;
  if (Array.isArray(list)) return { rules: list as unknown[] };
  if (isMap(document.contents) && document.contents.has('policy') && list === null) return { rules: [] };
  const problem = isMap(document.contents)
    ? 'There is no list of rules under "policy:".'
    : 'This is not a list of rules.';
  return { error: `${problem} ${hint}`, line: undefined };
}

/**
 * Returns the line of a rule in the pasted text, counted from 1, so that an error of the server can name it.
 * @param pointer the JSON pointer of the error (RFC 6901), such as `/policy/2/on/0`
 */
export function lineOfRule(text: string, pointer: string): number | undefined {
  const [, at] = /^\/policy\/(\d+)(?:\/|$)/.exec(pointer) ?? [];
  if (at === undefined) return undefined;
  const lineCounter = new LineCounter();
  const document = parseDocument(text, { lineCounter, prettyErrors: false });
  const path = isMap(document.contents) ? ['policy', Number(at)] : [Number(at)];
  const node = document.getIn(path, true) as { range?: readonly [number, number, number] | null } | undefined;
  const start = node?.range?.[0];
  return start === undefined ? undefined : lineCounter.linePos(start).line;
}
