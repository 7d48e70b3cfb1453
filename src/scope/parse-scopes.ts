import { DockpassError } from '../errors.ts';
import type { Scope } from './scope.ts';

/** More than any client asks (a cross-repository mount asks two); a bound on what one request can cost. */
export const maxScopes = 100;
/** distribution's own bound on a repository name (reference.RepositoryNameTotalLengthMax). */
export const maxNameLength = 255;

const typeGrammar = /^([a-z0-9]+)(?:\(([a-z0-9]+)\))?$/;
const hostGrammar = '(?:[a-zA-Z0-9]|[a-zA-Z0-9][a-zA-Z0-9-]*[a-zA-Z0-9])';
const componentGrammar = '[a-z0-9]+(?:(?:[_.]|__|-+)[a-z0-9]+)*';
/** A repository name (distribution reference.NameRegexp): an optional host with port, then lower-case components. */
export const nameGrammarSource = `(?:${hostGrammar}(?:\\.${hostGrammar})*(?::[0-9]{1,5})?/)?${componentGrammar}(?:/${componentGrammar})*`;
const nameGrammar = new RegExp(`^${nameGrammarSource}$`);
const actionGrammar = /^(?:[a-z]+|\*)$/;

/**
 * Reads every `scope` parameter of a request. Clients repeat the parameter, join scopes by spaces, or send it empty;
 * all three mean the same list.
 * @param parseOne parses one scope; a caller can pass a cached version of `parseScope`
 * @throws DockpassError `bad_scope` naming the first scope that is not in the grammar.
 */
export function parseScopes(
  parameters: readonly string[],
  parseOne: (text: string) => Scope = parseScope,
): Scope[] {
  const texts = parameters.flatMap((parameter) => parameter.split(' ')).filter((text) => text !== '');
  if (texts.length > maxScopes) {
    throw new DockpassError(
      'bad_scope',
      `${texts.length} scopes asked at once; ask for ${maxScopes} at most`,
    );
  }
  return texts.map(parseOne);
}

/** Reads one scope, `type[(class)]:name:action[,action]…`. The name may hold a colon: a host's port. */
export function parseScope(text: string): Scope {
  const first = text.indexOf(':');
  const last = text.lastIndexOf(':');
  if (first < 0 || first === last) throw badScope(text, 'it wants type:name:actions');
  const type = typeGrammar.exec(text.slice(0, first));
  if (type?.[1] === undefined) throw badScope(text, 'its type is not lower-case letters and digits');
  const name = text.slice(first + 1, last);
  if (name.length > maxNameLength)
    throw badScope(text, `its name is longer than ${maxNameLength} characters`);
  if (!nameGrammar.test(name)) throw badScope(text, 'its name is not a repository name');
  return { type: type[1], class: type[2], name, actions: parseActions(text, text.slice(last + 1)) };
}

function parseActions(text: string, list: string): string[] {
  const actions = [...new Set(list.split(','))].filter((action) => action !== '');
  for (const action of actions) {
    if (!actionGrammar.test(action)) throw badScope(text, 'its actions are not lower-case letters');
  }
  return actions;
}

function badScope(text: string, why: string): DockpassError {
  // Echoed as JSON, cut short: a person sees their typing mistake, a log line stays a line.
  return new DockpassError('bad_scope', `cannot read the scope ${JSON.stringify(text.slice(0, 80))}: ${why}`);
}
