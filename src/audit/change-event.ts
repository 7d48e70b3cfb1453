import type { AdministrativeChange, AuditEvent } from './event.ts';
import { createEventId } from './event-id.ts';

/** Creates the audit event of an administrative change. */
export function createChangeEvent({ at, subject, what, by }: AdministrativeChange): AuditEvent {
  return {
    id: createEventId(at),
    at,
    outcome: 'changed',
    subject,
    address: by?.address ?? '',
    client: by?.client ?? 'dockpass',
    host: '',
    realm: '',
    asked: '',
    granted: '',
    reason: what,
    tokenId: '',
    times: 1,
  };
}
