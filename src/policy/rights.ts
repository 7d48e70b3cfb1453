import { indexByEnds, type PatternIndex } from './pattern-index.ts';
import { compilePattern, matches, type Pattern } from './pattern.ts';

/** What the registry asks for, in the order in which a token lists them. `*` covers whatever it may ask later. */
export const actions = ['pull', 'push', 'delete', '*'] as const;
export type Action = (typeof actions)[number];

export const roles = ['admin', 'writer', 'reader'] as const;
export type Role = (typeof roles)[number];

/** One thing that a subject holds: actions on all repositories that a pattern matches. */
export interface Right {
  readonly pattern: Pattern;
  /** `*` among them means all. */
  readonly actions: readonly Action[];
  /** Where it comes from; undefined for what a token or robot was made with. */
  readonly origin?: RightOrigin;
}

export type RightOrigin =
  | { readonly kind: 'role'; readonly role: Role }
  /** `to`: the user's name, or `group:NAME`. */
  | { readonly kind: 'grant'; readonly to: string };

const allRepositories = compilePattern('**');

function createRoleRights(role: Role, given: readonly Action[]): readonly Right[] {
  return [{ pattern: allRepositories, actions: given, origin: { kind: 'role', role } }];
}

/** A role is a right on `**`. */
const rightsByRole: Readonly<Record<Role, readonly Right[]>> = {
  reader: createRoleRights('reader', ['pull']),
  writer: createRoleRights('writer', ['pull', 'push']),
  admin: createRoleRights('admin', actions),
};

export function rightsOfRole(role: Role): readonly Right[] {
  return rightsByRole[role];
}

/**
 * A list of actions in full: a registry takes `*` in a token for every action, so whoever holds it holds all, and
 * whoever lacks one must not hold it.
 */
export function expandActions(listed: readonly Action[]): readonly Action[] {
  return listed.includes('*') ? actions : listed;
}

/** Below this, trying all is faster than looking up. */
const minRightsForIndex = 8;
/** Rights live as long as the account that they were read for, and so does their index. */
const indexes = new WeakMap<readonly Right[], PatternIndex<Right>>();

/** Those of the rights that are on the repository. As fast with a hundred thousand rights as with ten. */
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
