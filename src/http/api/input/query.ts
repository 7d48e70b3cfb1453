import { InvalidInput, toPointer } from './invalid-input.ts';

/**
 * Reads the query of a request as an object of texts.
 * @throws InvalidInput if a parameter is repeated, or if the query is not correctly encoded
 */
export function readQuery(query: string): Readonly<Record<string, string>> {
  const values = new Map<string, string>();
  for (const pair of query === '' ? [] : query.split('&')) {
    const mark = pair.indexOf('=');
    const name = decode(mark < 0 ? pair : pair.slice(0, mark));
    if (values.has(name)) throw fault(name, 'the parameter is repeated');
    values.set(name, mark < 0 ? '' : decode(pair.slice(mark + 1)));
  }
  // A map has no members of its own kind such as __proto__, and `fromEntries` defines them as plain members.
  return Object.fromEntries(values);
}

function decode(text: string): string {
  try {
    return decodeURIComponent(text.replaceAll('+', ' '));
  } catch {
    throw fault('', 'the query contains invalid percent-encoding');
  }
}

function fault(name: string, detail: string): InvalidInput {
  return new InvalidInput([{ in: 'query', pointer: name === '' ? '' : toPointer([name]), detail }]);
}
