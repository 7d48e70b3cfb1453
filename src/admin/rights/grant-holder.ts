import { DockpassError } from '../../errors.ts';
import { toCanonicalName } from '../../identity/user-name.ts';

/** A user or a group, which can hold grants. */
export interface GrantHolder {
  readonly kind: 'user' | 'group';
  /** The name as a grant stores it: the name of a user, or `group:NAME`. */
  readonly name: string;
}

/** The first part of the subject of a grant to a group. */
export const groupPrefix = 'group:';

/** Returns the holder with the name that a person typed. It may not exist. */
export function holderNamed(text: string): GrantHolder {
  const name = toCanonicalName(text);
  return { kind: name.startsWith(groupPrefix) ? 'group' : 'user', name };
}

export function noSuchGrant(name: string, pattern: string): DockpassError {
  return new DockpassError(
    'no_such_grant',
    `${name} has no grant on ${JSON.stringify(pattern)}: run "dockpass grant list ${name}" to see all grants of ${name}`,
  );
}
