/**
 * A resource and the actions that a client requests on it, as in the distribution token specification:
 * `repository:library/alpine:pull,push` (https://distribution.github.io/distribution/spec/auth/scope/).
 */
export interface Scope {
  readonly type: string;
  /**
   * The class in parentheses after the type. For example, docker sends `repository(plugin):…` for plugins. The class
   * has no influence on the access that dockpass grants.
   */
  readonly class: string | undefined;
  readonly name: string;
  /**
   * The requested actions in the order of the request, without duplicates. `*` requests every action that the caller is
   * allowed to perform.
   */
  readonly actions: readonly string[];
}

/** Formats a scope as text. This is the inverse of `parseScope`. */
export function formatScope(scope: Scope): string {
  const type = scope.class === undefined ? scope.type : `${scope.type}(${scope.class})`;
  return `${type}:${scope.name}:${scope.actions.join(',')}`;
}
