/** A problem that a probe found. Other programs may rely on the codes. Each code has a section in docs/doctor.md. */
export interface Finding {
  readonly code: FindingCode;
  /**
   * `wrong`: a request that should succeed fails, or a request that should be denied succeeds. `warning`: a smaller
   * problem, or a problem that may occur later.
   */
  readonly severity: 'wrong' | 'warning';
  /** A description of the problem: what doctor requested or read, and what the result was. */
  readonly problem: string;
  /** The consequences of the problem for users and clients. */
  readonly impact: string;
  /** Instructions to fix the problem: a command or a line of configuration, if possible. */
  readonly fix: string;
}

export const findingCodes = [
  // Findings about this machine: its configuration, files and clock.
  'configuration',
  'key_files_open',
  'files_unprotected',
  'keys_missing',
  'keys_unusable',
  'leaf_expired',
  'leaf_not_yet_valid',
  'authority_expired',
  'authority_not_yet_valid',
  'authority_shared',
  'database_missing',
  'database_unusable',
  'database_open',
  'database_not_writable',
  'database_not_owned',
  'database_open_to_all_roles',
  'token_server_clock',
  'events_listener',
  'events_late',
  'events_unknown_registry',
  'writes_stopped',
  // Findings about the registry.
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
  'bundle_trusts_others',
  'registry_not_restarted',
  'jwks_refuses_x5c',
  'kid_unknown',
  'registry_read_only',
  'registry_is_mirror',
  'deletion_off',
  'registry_exposed',
  'registry_outdated',
  'events_not_configured',
  'events_wrong_url',
  'events_wrong_secret',
  'events_missing',
  'events_of_layers',
  'registry_caches_blobs',
  // Findings about the edge. doctor checks the edge under each domain.
  'name_unresolved',
  'name_elsewhere',
  'door_closed',
  'address_closed',
  'no_tls',
  'certificate_name',
  'certificate_expired',
  'certificate_untrusted',
  'edge_own_login',
  'edge_redirects',
  'v2_to_token_server',
  'v2_not_routed',
  'auth_not_routed',
  'token_server_unreachable',
  'challenge_stripped',
  'two_challenges',
  'edge_host',
  'edge_host_port',
  'two_token_servers',
  'other_token_server',
  'token_server_outdated',
  'query_dropped',
  'authorization_stripped',
  'answers_cached',
  'header_too_large',
  'token_shortened',
  'forward_exposed',
  'error_not_json',
  'registry_header_stripped',
  'edge_outdated',
  'edge_passes_writes',
  // Findings about logging in, pushing and pulling as a client, through each domain.
  'other_database',
  'login_fails',
  'public_domain_writable',
  'scratch_denied',
  'client_address_believed',
  'client_address_lost',
  'client_address_is_proxy',
  'basic_not_forwarded',
  'location_moved',
  'forwarded_host_believed',
  'registries_differ',
  'method_blocked',
  'tags_not_protected',
  'content_changed',
  'range_ignored',
  'blob_redirect_unreachable',
  'round_trip',
  'body_capped',
  'uploads_buffered',
  'upload_times_out',
  'connection_broken',
] as const;

export type FindingCode = (typeof findingCodes)[number];

type FindingText = Pick<Finding, 'problem' | 'impact' | 'fix'>;

export function wrong(code: FindingCode, text: FindingText): Finding[] {
  return [{ code, severity: 'wrong', ...text }];
}

export function warning(code: FindingCode, text: FindingText): Finding[] {
  return [{ code, severity: 'warning', ...text }];
}

export const noFindings: readonly Finding[] = [];

export function isWrong({ severity }: Finding): boolean {
  return severity === 'wrong';
}
