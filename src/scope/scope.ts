/**
 * A resource and the actions asked on it, as the distribution token specification writes them:
 * `repository:library/alpine:pull,push` (https://distribution.github.io/distribution/spec/auth/scope/).
 */
export interface Scope {
  readonly type: string;
  /** `plugin` in `repository(plugin):…`; decides nothing here, docker sends it for plugins. */
  readonly class: string | undefined;
  readonly name: string;
  /** Without repetition, in the order asked. `*` means all that the caller holds. */
  readonly actions: readonly string[];
}

/** The inverse of parse: one scope in the specification's grammar. */
export function formatScope(scope: Scope): string {
  const type = scope.class === undefined ? scope.type : `${scope.type}(${scope.class})`;
  return `${type}:${scope.name}:${scope.actions.join(',')}`;
}
