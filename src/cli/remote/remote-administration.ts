import type { Administration } from '../administration/administration.ts';
import type { ApiClient } from './api-client.ts';
import { remoteAudit } from './operations/audit.ts';
import { remoteExplanations } from './operations/explanations.ts';
import { remoteGrants } from './operations/grants.ts';
import { remoteGroups } from './operations/groups.ts';
import { remoteRetention } from './operations/retention.ts';
import { remoteRobots } from './operations/robots.ts';
import { remoteSessions } from './operations/sessions.ts';
import { remoteTokens } from './operations/tokens.ts';
import { remoteUsage } from './operations/usage.ts';
import { remoteTrust } from './operations/trust.ts';
import { remoteUsers } from './operations/users.ts';

/** The operations of a server, through its administration API. */
export function remoteAdministration(api: ApiClient): Administration {
  return {
    users: remoteUsers(api),
    groups: remoteGroups(api),
    grants: remoteGrants(api),
    tokens: remoteTokens(api),
    robots: remoteRobots(api),
    sessions: remoteSessions(api),
    trust: remoteTrust(api),
    audit: remoteAudit(api),
    explanations: remoteExplanations(api),
    usage: remoteUsage(api),
    retention: remoteRetention(api),
  };
}
