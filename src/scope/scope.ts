/**
 * A resource and the actions that were asked for, as in the distribution token specification:
 * `repository:library/alpine:pull,push` (https://distribution.github.io/distribution/spec/auth/scope/).
 */
export interface Scope {
  readonly type: string;
  /** `plugin` in `repository(plugin):…`. docker sends it for plugins. It decides nothing here. */
  readonly class: string | undefined;
  readonly name: string;
  /** Without repetition, in the requested order. `*` means everything that the caller may do. */
  readonly actions: readonly string[];
}

/** The inverse of parseScope. */
export function formatScope(scope: Scope): string {
  const type = scope.class === undefined ? scope.type : `${scope.type}(${scope.class})`;
  return `${type}:${scope.name}:${scope.actions.join(',')}`;
}
