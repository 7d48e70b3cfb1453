import type { AuditOperations, Explanations, UsageOperations } from './observation.ts';
import type { RetentionOperations } from './retention.ts';
import type { RobotOperations, SessionOperations, TokenOperations } from './credentials.ts';
import type { TrustOperations } from './trust.ts';
import type { GrantOperations, GroupOperations, UserOperations } from './people.ts';

/**
 * The operations of the commands that manage dockpass, one method for each operation. local/ performs them in the
 * database, and remote/ performs them through the administration API of a server. Both throw the same DockpassErrors
 * and return the same views, so that a command prints the same in both cases.
 */
export interface Administration {
  readonly users: UserOperations;
  readonly groups: GroupOperations;
  readonly grants: GrantOperations;
  readonly tokens: TokenOperations;
  readonly robots: RobotOperations;
  readonly sessions: SessionOperations;
  readonly trust: TrustOperations;
  readonly audit: AuditOperations;
  readonly explanations: Explanations;
  readonly usage: UsageOperations;
  readonly retention: RetentionOperations;
}
