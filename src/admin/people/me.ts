import { readFileSync } from 'node:fs';
import { packageFolder } from '../../package-folder.ts';
import type { Role } from '../../policy/rights.ts';
import type { RobotSubject, UserSubject } from '../../policy/subject.ts';
import type { Ports } from '../../store/store.ts';
import { viewOfRight } from '../views/user-view.ts';

/**
 * Describes the user or robot who sends a request: name, role, groups and rights, and the version of dockpass.
 * @param htpasswdRole the role of the users in the htpasswd file, who have no row in the store
 */
export async function describeCaller(
  { users }: Pick<Ports, 'users'>,
  subject: UserSubject | RobotSubject,
  htpasswdRole: Role,
) {
  const { name, kind } = subject;
  const only = kind === 'user' ? subject.only : undefined;
  return {
    name,
    kind,
    role: kind === 'robot' ? null : await roleOf(users, subject, htpasswdRole),
    groups: kind === 'robot' ? [] : subject.groups,
    rights: (only ?? subject.rights).map(viewOfRight),
    limited: kind === 'robot' || only !== undefined,
    version: versionOfPackage(),
  };
}

async function roleOf(
  users: Ports['users'],
  { name, through }: UserSubject,
  htpasswdRole: Role,
): Promise<Role> {
  if (through === 'htpasswd file') return htpasswdRole;
  return (await users.find(name))?.role ?? 'none';
}

let version: string | undefined;

/** Returns the version in package.json, for example `0.1.0`. */
export function versionOfPackage(): string {
  version ??= (
    JSON.parse(readFileSync(new URL('package.json', packageFolder), 'utf8')) as { version: string }
  ).version;
  return version;
}
