/**
 * The text that the audit log stores instead of the client if a row contains no details of requests, but only their
 * number.
 */
export const otherRequests = 'more requests than the audit log stores in detail';

/**
 * Joins texts with a separator. If the result would be longer than `maxLength` characters, leaves out the last texts
 * and says how many, as in `a b and 3 more`.
 */
export function joinBounded(texts: readonly string[], separator: string, maxLength: number): string {
  let joined = '';
  let more = 0;
  for (const text of texts) {
    if (more > 0 || joined.length + separator.length + text.length > maxLength) more++;
    else joined += joined === '' ? text : separator + text;
  }
  return withMore(joined, more);
}

/**
 * Appends the number of texts that are missing from the list, as in `a b and 3 more`. `isCut` recognizes such a list.
 */
export function withMore(list: string, count: number): string {
  return count === 0 ? list : `${list} and ${count} more`.trimStart();
}

/** Appends a note that a list leaves out an unknown number of texts. `isCut` recognizes this note. */
export function withUnknownMore(list: string): string {
  return `${list} and more`;
}

/** Returns true if a list of scopes in the audit log leaves out some scopes. */
export function isCut(list: string): boolean {
  return /(?:^| )and (?:\d+ )?more$/.test(list);
}

/**
 * Returns true if a list of scopes, such as `repository:a:pull repository:b:pull`, contains the repository.
 * @param action if given, the list must contain the repository with this action, or with all actions
 */
export function listsRepository(list: string, repository: string, action?: string): boolean {
  return list.split(' ').some((scope) => {
    const first = scope.indexOf(':');
    const last = scope.lastIndexOf(':');
    if (!/^repository(?:\(|$)/.test(scope.slice(0, first)) || scope.slice(first + 1, last) !== repository)
      return false;
    const actions = scope.slice(last + 1).split(',');
    return action === undefined || actions.includes(action) || actions.includes('*');
  });
}

/**
 * Returns the scopes of the list `asked`, each with only those actions that the list `granted` does not contain. A
 * granted `*` contains all actions. Returns an empty list if one of the lists leaves out scopes.
 */
export function missingScopes(asked: string, granted: string): string[] {
  if (asked === '' || isCut(asked) || isCut(granted)) return [];
  const grants = new Map(
    granted
      .split(' ')
      .map(splitActions)
      .map(({ name, actions }) => [name, actions]),
  );
  return asked.split(' ').flatMap((scope) => {
    const { name, actions } = splitActions(scope);
    const has = grants.get(name) ?? [];
    const missing = has.includes('*') ? [] : actions.filter((action) => !has.includes(action));
    return missing.length === 0 ? [] : [`${name}:${missing.join(',')}`];
  });
}

function splitActions(scope: string): { name: string; actions: string[] } {
  const last = scope.lastIndexOf(':');
  return { name: scope.slice(0, last), actions: scope.slice(last + 1).split(',') };
}
