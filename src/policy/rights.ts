import { compilePattern, type Pattern } from './pattern.ts';

/** What the registry asks for, in the order in which a token lists them. `*` covers whatever it may ask later. */
export const actions = ['pull', 'push', 'delete', '*'] as const;
export type Action = (typeof actions)[number];

export const roles = ['admin', 'writer', 'reader'] as const;
export type Role = (typeof roles)[number];

/** One thing that a subject holds: actions on all repositories that a pattern matches. */
export interface Right {
  readonly pattern: Pattern;
  readonly actions: readonly Action[];
}

const everywhere = compilePattern('**');

/** A role is a right on `**`. */
const rightsByRole: Readonly<Record<Role, readonly Right[]>> = {
  reader: [{ pattern: everywhere, actions: ['pull'] }],
  writer: [{ pattern: everywhere, actions: ['pull', 'push'] }],
  admin: [{ pattern: everywhere, actions }],
};

export function rightsOfRole(role: Role): readonly Right[] {
  return rightsByRole[role];
}
