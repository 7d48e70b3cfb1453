const prefix = 'ci:';

/** Returns the name of the trust rule of a subject such as `ci:acme-app`, or undefined for users and robots. */
export function trustRuleOf(subject: string): string | undefined {
  return subject.startsWith(prefix) && subject.length > prefix.length
    ? subject.slice(prefix.length)
    : undefined;
}

/** Returns the subject of those who log in by a trust rule. */
export function subjectOf(rule: string): string {
  return prefix + rule;
}

/** Returns the address of the page of a trust rule. */
export function trustRuleHref(rule: string): string {
  return `/auth/trust/rules/${encodeURIComponent(rule)}`;
}

/** Returns the address of the page of a user, or of the trust rule of a subject such as `ci:acme-app`. */
export function subjectHref(subject: string): string {
  const rule = trustRuleOf(subject);
  return rule === undefined ? `/auth/users/${encodeURIComponent(subject)}` : trustRuleHref(rule);
}
