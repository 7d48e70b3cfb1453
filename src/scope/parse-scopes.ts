import { DockpassError } from '../errors.ts';
import type { Scope } from './scope.ts';

/** Limits the cost of one request. No client asks for as many scopes; a cross-repository mount asks for two. */
export const maxScopes = 100;
/** The limit of distribution for a repository name (reference.RepositoryNameTotalLengthMax). */
export const maxNameLength = 255;

const typeGrammar = /^([a-z0-9]+)(?:\(([a-z0-9]+)\))?$/;
const hostGrammar = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const componentGrammar = '[a-z0-9]+(?:(?:[_.]|__|-+)[a-z0-9]+)*';
/**
 * A repository name (distribution, reference.NameRegexp): an optional host with a port, then components in lower
 * case.
 */
export const nameGrammarSource = `(?:${hostGrammar}(?:\\.${hostGrammar})*(?::[0-9]{1,5})?/)?${componentGrammar}(?:/${componentGrammar})*`;
const nameGrammar = new RegExp(`^${nameGrammarSource}$`);
const actionGrammar = /^(?:[a-z]+|\*)$/;

/**
 * Parses all `scope` parameters of a request. Clients repeat the parameter, join scopes with spaces, or send it
 * empty. All three forms mean the same list.
 * @param parseOne parses one scope; a caller can pass a cached version of `parseScope`
 * @throws DockpassError `bad_scope` that names the first malformed scope
 */
export function parseScopes(
  parameters: readonly string[],
  parseOne: (text: string) => Scope = parseScope,
): Scope[] {
  const texts = parameters.flatMap((parameter) => parameter.split(' ')).filter((text) => text !== '');
  if (texts.length > maxScopes) {
    throw new DockpassError(
      'bad_scope',
      `the request asks for ${texts.length} scopes at once. Ask for at most ${maxScopes}`,
    );
  }
  return texts.map(parseOne);
}

/** Parses one scope, `type[(class)]:name:action[,action]…`. The name may contain a colon if a host in it has a port. */
export function parseScope(text: string): Scope {
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  if (first < 0 || first === last) throw badScope(text, 'it must have the form type:name:actions');
  const type = typeGrammar.exec(text.slice(0, first));
  if (type?.[1] === undefined) throw badScope(text, 'its type must be lower-case letters and digits');
  const name = text.slice(first + 1, last);
  if (name.length > maxNameLength)
    throw badScope(text, `its name is longer than ${maxNameLength} characters`);
  if (!nameGrammar.test(name)) throw badScope(text, 'its name is not a repository name');
  return { type: type[1], class: type[2], name, actions: parseActions(text, text.slice(last + 1)) };
}

function parseActions(text: string, list: string): string[] {
  const actions = [...new Set(list.split(','))].filter((action) => action !== '');
  for (const action of actions) {
    if (!actionGrammar.test(action)) throw badScope(text, 'its actions must be lower-case letters');
  }
  return actions;
}

function badScope(text: string, why: string): DockpassError {
  // The text is quoted as JSON and shortened. So a person sees the typing mistake, and a log line stays one line.
  return new DockpassError('bad_scope', `cannot read the scope ${JSON.stringify(text.slice(0, 80))}: ${why}`);
}
