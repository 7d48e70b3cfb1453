import { DockpassError } from '../errors.ts';
import type { Scope } from './scope.ts';

/**
 * The largest number of scopes in one token request, which limits the cost of the request. Clients need far fewer: a
 * cross-repository mount needs two.
 */
export const maxScopes = 100;
/**
 * The longest repository name that the distribution registry accepts, in characters
 * (reference.RepositoryNameTotalLengthMax).
 */
export const maxNameLength = 255;

const typeGrammar = /^([a-z0-9]+)(?:\(([a-z0-9]+)\))?$/;
const hostGrammar = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const componentGrammar = '[a-z0-9]+(?:(?:[_.]|__|-+)[a-z0-9]+)*';
/**
 * The grammar of a repository name (distribution, reference.NameRegexp): an optional host with an optional port,
 * followed by path components in lower case.
 */
export const nameGrammarSource = `(?:${hostGrammar}(?:\\.${hostGrammar})*(?::[0-9]{1,5})?/)?${componentGrammar}(?:/${componentGrammar})*`;
const nameGrammar = new RegExp(`^${nameGrammarSource}$`);
const actionGrammar = /^(?:[a-z]+|\*)$/;

/** Returns true if a repository can have this name. */
export function isRepositoryName(text: string): boolean {
  return text.length <= maxNameLength && nameGrammar.test(text);
}

/**
 * Parses all `scope` parameters of a token request. A client can repeat the parameter or put several scopes into one
 * parameter, separated by spaces. Both forms give the same list. Empty parameters are ignored.
 * @param parseOne parses one scope; a caller can pass a cached version of `parseScope`
 * @throws DockpassError `bad_scope` if a scope is malformed (the message names the first one) or if there are too many
 */
export function parseScopes(
  parameters: readonly string[],
  parseOne: (text: string) => Scope = parseScope,
): Scope[] {
  const texts = parameters
    .join(' ')
    .split(' ')
    .filter((text) => text !== '');
  if (texts.length > maxScopes) {
    throw new DockpassError(
      'bad_scope',
      `the request asks for ${texts.length} scopes, but at most ${maxScopes} are allowed. Request fewer scopes`,
    );
  }
  return texts.map(parseOne);
}

/**
 * Parses one scope of the form `type[(class)]:name:action[,action]…`. The name may contain a colon if it starts with a
 * host and a port.
 */
export function parseScope(text: string): Scope {
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  if (first < 0 || first === last) throw badScope(text, 'a scope must have the form type:name:actions');
  const type = typeGrammar.exec(text.slice(0, first));
  if (type?.[1] === undefined)
    throw badScope(text, 'the type of a scope must consist of lower-case letters and digits');
  const name = text.slice(first + 1, last);
  if (name.length > maxNameLength)
    throw badScope(text, `the name in the scope is longer than ${maxNameLength} characters`);
  if (!nameGrammar.test(name)) throw badScope(text, 'the name in the scope is not a valid repository name');
  return { type: type[1], class: type[2], name, actions: parseActions(text, text.slice(last + 1)) };
}

function parseActions(text: string, list: string): string[] {
  const actions = [...new Set(list.split(','))].filter((action) => action !== '');
  for (const action of actions) {
    if (!actionGrammar.test(action))
      throw badScope(text, 'the actions of a scope must consist of lower-case letters');
  }
  return actions;
}

function badScope(text: string, why: string): DockpassError {
  // The scope is quoted as JSON and shortened, so that a person can see a typing mistake in it and the log entry stays
  // on one line.
  return new DockpassError('bad_scope', `cannot read the scope ${JSON.stringify(text.slice(0, 80))}: ${why}`);
}
