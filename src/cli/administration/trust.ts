import type { NewTrustRule } from '../../admin/trust/platform-rule.ts';
import type { JwtTest } from '../../admin/trust/test-jwt.ts';
import type { TrustRuleView } from '../../admin/views/trust-view.ts';
import type { Secret } from '../../secret.ts';

export interface TrustOperations {
  /** Returns all rules in the order in which they are tried. */
  list(): Promise<readonly TrustRuleView[]>;
  /** @throws DockpassError `no_such_trust_rule` */
  find(name: string): Promise<TrustRuleView>;
  /** @throws DockpassError `bad_name`, `bad_usage`, `already_exists` */
  add(rule: NewTrustRule): Promise<TrustRuleView>;
  /** @throws DockpassError `no_such_trust_rule`, `rule_in_file`, `nothing_to_confirm` */
  confirm(name: string): Promise<TrustRuleView>;
  /** @returns the name as it was stored. @throws DockpassError `no_such_trust_rule`, `rule_in_file` */
  remove(name: string): Promise<string>;
  /** @param host undefined: each private domain of the configuration. @throws DockpassError `bad_host` */
  test(jwt: Secret, host: string | undefined): Promise<JwtTest>;
}
