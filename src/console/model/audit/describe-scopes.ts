/** A scope of a token request, split for display. */
export interface ShownScope {
  readonly type: string;
  readonly name: string;
  readonly actions: readonly string[];
  /** The requested actions that were not granted. */
  readonly missing: readonly string[];
}

/**
 * Splits the texts `asked` and `granted` of an audit row into scopes. What the log left out, as in `… and 3 more`, stays
 * a scope without a type, so that it can be shown as it is.
 */
export function describeScopes(asked: string, granted: string): readonly ShownScope[] {
  const held = new Map(split(granted).map(({ key, actions }) => [key, actions]));
  const shown = new Map<string, ShownScope>();
  for (const { key, type, name, actions } of [...split(asked), ...split(granted)]) {
    if (shown.has(key)) continue;
    const has = held.get(key) ?? [];
    const missing = has.includes('*') ? [] : actions.filter((action) => !has.includes(action));
    shown.set(key, { type, name, actions: has, missing });
  }
  return [...shown.values()];
}

function split(list: string): { key: string; type: string; name: string; actions: readonly string[] }[] {
  const [, scopes = '', more] = /^(.*?)(?:(?:^| )(and (?:\d+ )?more))?$/s.exec(list) ?? [];
  const found = scopes.split(' ').flatMap((scope) => {
    const [first, last] = [scope.indexOf(':'), scope.lastIndexOf(':')];
    if (first <= 0 || first === last)
      return scope === '' ? [] : [{ key: scope, type: '', name: scope, actions: [] }];
    const [type, name] = [scope.slice(0, first), scope.slice(first + 1, last)];
    return [{ key: `${type}:${name}`, type, name, actions: scope.slice(last + 1).split(',') }];
  });
  return more === undefined ? found : [...found, { key: more, type: '', name: more, actions: [] }];
}
