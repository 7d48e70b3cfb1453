import type { StoredGrant } from '../../store/store.ts';

/** Returns a grant as the command line shows it. `name` is the user or group that holds the grant. */
export function grantView({
  subject,
  pattern,
  actions,
}: Pick<StoredGrant, 'subject' | 'pattern' | 'actions'>) {
  return { name: subject, pattern, actions };
}

export type GrantView = ReturnType<typeof grantView>;

/** Returns a grant as the API shows it. */
export function apiGrantView(grant: Pick<StoredGrant, 'subject' | 'pattern' | 'actions'>) {
  return { subject: grant.subject, ...grantView(grant) };
}
