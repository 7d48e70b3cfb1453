import { quote } from '../quote.ts';

/** What a person wants to have explained. The address of the page holds it. */
export interface Question {
  readonly host: string;
  /** Empty for a client without a login. */
  readonly user: string;
  /** The name of the access token with which the user logs in. Empty for a password. */
  readonly token: string;
  /** The IP address of the client; empty if it does not matter. */
  readonly address: string;
  /** Empty for the catalog. */
  readonly repository: string;
  readonly actions: readonly string[];
}

/** The actions that a person can choose. */
export const askedActions = ['pull', 'push', 'delete'] as const;

/** Returns the scope that a client requests for this question. */
export function scopeOf({ repository, actions }: Pick<Question, 'repository' | 'actions'>): string {
  return repository === '' ? 'registry:catalog:*' : `repository:${repository}:${actions.join(',')}`;
}

export function readQuestion(query: Readonly<Record<string, string | undefined>>, host: string): Question {
  const actions = (query['actions'] ?? 'pull').split(',').filter((action) => action !== '');
  const text = (name: string): string => query[name] ?? '';
  return {
    host: query['host'] ?? host,
    user: text('user'),
    token: text('token'),
    address: text('address'),
    repository: text('repository'),
    actions: askedActions.filter((action) => actions.includes(action)),
  };
}

/** Formats the address of the page that explains the question. */
export function questionHref(question: Question): string {
  const query = new URLSearchParams();
  for (const [name, value] of Object.entries({ ...question, actions: question.actions.join(',') }))
    if (value !== '') query.set(name, value);
  return `/auth/explain?${query.toString()}`;
}

/** The body of `POST /explain`. */
export function questionBody(question: Question): Readonly<Record<string, unknown>> {
  const { host, user, token, address } = question;
  return {
    host,
    ...(user !== '' && { user }),
    ...(user !== '' && token !== '' && { token }),
    ...(address !== '' && { address }),
    scopes: [scopeOf(question)],
  };
}

export function questionCommand(question: Question): string {
  const { host, user, token, address } = question;
  return [
    `dockpass explain --host ${quote(host)}`,
    ...(user === '' ? [] : [`--user ${quote(user)}`]),
    ...(user === '' || token === '' ? [] : [`--token ${quote(token)}`]),
    ...(address === '' ? [] : [`--from ${quote(address)}`]),
    quote(scopeOf(question)),
  ].join(' ');
}
