/** An event of the audit log as `GET /audit` and `dockpass audit --json` show it. */
export interface AuditItem {
  readonly id: string;
  /** RFC 3339, in UTC. */
  readonly time: string;
  readonly outcome: 'issued' | 'refused' | 'changed';
  /** The user or robot. Empty for a client without a login. */
  readonly name: string;
  readonly address: string;
  /** The user agent, or who made an administrative change. */
  readonly client: string;
  readonly host: string;
  readonly realm: 'public' | 'private' | '';
  readonly asked: string;
  readonly granted: string;
  readonly reason: string;
  readonly tokenId: string;
  readonly times: number;
  readonly chain: string;
  readonly seq: number;
}

/** An answer of `GET /audit`. */
export interface AuditPage {
  readonly items: readonly AuditItem[];
  readonly next: string | null;
  /** Sent as `after`, it asks for the events that were recorded later. */
  readonly position: string | null;
  /** The number of events that may be about the repository but do not list all repositories. */
  readonly uncertain: number;
}

/** What happened, in the words of the glossary. */
export const outcomeNames: Readonly<Record<AuditItem['outcome'], string>> = {
  issued: 'token issued',
  refused: 'denied',
  changed: 'changed',
};

export function keyOfEvent({ chain, seq }: AuditItem): string {
  return `${chain} ${seq}`;
}
