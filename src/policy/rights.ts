import { indexByEnds, type PatternIndex } from './pattern-index.ts';
import { compilePattern, matches, type Pattern } from './pattern.ts';

/**
 * The actions on a repository, in the order in which a token lists them. `*` means all actions, including those that a
 * future registry may add.
 */
export const actions = ['pull', 'push', 'delete', '*'] as const;
export type Action = (typeof actions)[number];

export const roles = ['admin', 'writer', 'reader', 'none'] as const;
export type Role = (typeof roles)[number];

/** Allows actions on all repositories that a pattern matches. */
export interface Right {
  readonly pattern: Pattern;
  /** The allowed actions. A list that contains `*` allows all actions. */
  readonly actions: readonly Action[];
  /**
   * The role, grant or trust rule that gives the right. Undefined if the right was specified when an access token or
   * robot was created.
   */
  readonly origin?: RightOrigin;
}

export type RightOrigin =
  | { readonly kind: 'role'; readonly role: Role }
  /** `to` is the user or group that received the grant: the name of the user, or `group:NAME`. */
  | { readonly kind: 'grant'; readonly to: string }
  /** `rule` is the name of the trust rule, without the prefix `ci:`. */
  | { readonly kind: 'trust'; readonly rule: string };

const allRepositories = compilePattern('**');

function createRoleRights(role: Role, roleActions: readonly Action[]): readonly Right[] {
  return [{ pattern: allRepositories, actions: roleActions, origin: { kind: 'role', role } }];
}

const rightsByRole: Readonly<Record<Role, readonly Right[]>> = {
  none: [],
  reader: createRoleRights('reader', ['pull']),
  writer: createRoleRights('writer', ['pull', 'push']),
  admin: createRoleRights('admin', actions),
};

/** Returns the rights of a role. They apply to all repositories. The role `none` gives no rights. */
export function rightsOfRole(role: Role): readonly Right[] {
  return rightsByRole[role];
}

/**
 * If the list contains `*`, returns all actions, including `*`. If not, returns the list unchanged, even if it contains
 * `pull`, `push` and `delete`. These three are not the same as `*`: a registry reads `*` in a token as every action,
 * including those that a future registry may add.
 */
export function expandActions(listed: readonly Action[]): readonly Action[] {
  return listed.includes('*') ? actions : listed;
}

/**
 * The smallest number of rights for which an index is used. With fewer rights, comparing the repository with each right
 * is faster.
 */
const minRightsForIndex = 8;
/**
 * Contains a pattern index for each list of rights. The map is weak: when a list is no longer used, the garbage
 * collector can remove both the list and its pattern index.
 */
const indexes = new WeakMap<readonly Right[], PatternIndex<Right>>();

/**
 * Returns the rights whose pattern matches the repository. The time that this takes hardly grows with the number of
 * rights.
 */
export function rightsOn(rights: readonly Right[], repository: string): readonly Right[] {
  const candidates = rights.length < minRightsForIndex ? rights : indexOf(rights).candidates(repository);
  return candidates.filter(({ pattern }) => matches(pattern, repository));
}

function indexOf(rights: readonly Right[]): PatternIndex<Right> {
  let index = indexes.get(rights);
  if (index === undefined) {
    index = indexByEnds(rights.map((right) => [endsOf(right.pattern), right] as const));
    indexes.set(rights, index);
  }
  return index;
}

function endsOf({ prefix, suffix, middle }: Pattern) {
  return { prefix, suffix, isOpen: middle.length > 0 };
}
