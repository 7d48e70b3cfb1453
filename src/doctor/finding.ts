/** What a probe found. Stable codes: each has a section on docs/doctor.md, and programs may rely on them. */
export interface Finding {
  readonly code: FindingCode;
  /** `wrong`: somebody is refused, or let in, who should not be. `warning`: not yet, or it does not matter here. */
  readonly severity: 'wrong' | 'warning';
  /** What was looked at, and what it answered. */
  readonly problem: string;
  /** Why that matters. */
  readonly impact: string;
  /** What to do, word for word where possible. */
  readonly fix: string;
}

export const findingCodes = [
  // This machine: configuration, files, clock.
  'configuration',
  'key_files_open',
  'keys_missing',
  'keys_unusable',
  'leaf_expired',
  'leaf_not_yet_valid',
  'authority_expired',
  'database_missing',
  'database_unusable',
  'database_open',
  'token_server_clock',
  // The registry.
  'registry_two_auths',
  'registry_unreachable',
  'not_a_registry',
  'registry_clock',
  'registry_without_auth',
  'registry_open_around_edge',
  'registry_basic_auth',
  'wrong_service',
  'realm_path',
  'realm_scheme',
  'realm_fixed',
  'realm_host',
  'algorithm_unknown',
  'wrong_issuer',
  'other_authority',
  'leaf_in_bundle',
  'registry_not_restarted',
  'jwks_refuses_x5c',
  'kid_unknown',
  'deletion_off',
  'registry_exposed',
  // The edge, under each name.
  'name_unresolved',
  'name_elsewhere',
  'door_closed',
  'no_tls',
  'certificate_name',
  'certificate_expired',
  'certificate_untrusted',
  'edge_own_login',
  'v2_to_token_server',
  'v2_not_routed',
  'auth_not_routed',
  'token_server_unreachable',
  'edge_host',
  'edge_host_port',
  'two_token_servers',
  'other_token_server',
  'token_server_outdated',
  'body_capped',
  'uploads_buffered',
  'connection_broken',
  // All together.
  'round_trip',
] as const;

export type FindingCode = (typeof findingCodes)[number];

type FindingText = Pick<Finding, 'problem' | 'impact' | 'fix'>;

export function wrong(code: FindingCode, words: FindingText): Finding[] {
  return [{ code, severity: 'wrong', ...words }];
}

export function warning(code: FindingCode, words: FindingText): Finding[] {
  return [{ code, severity: 'warning', ...words }];
}

export const noFindings: readonly Finding[] = [];

export function isWrong({ severity }: Finding): boolean {
  return severity === 'wrong';
}
