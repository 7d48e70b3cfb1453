import type { Access } from '../../api/image-types.ts';
import { subjectOf, trustRuleHref, trustRuleOf } from '../trust/subject.ts';

/** The first part of the text of a decider: what kind of thing gives or removes a right. */
export type DeciderKind =
  'role' | 'grant' | 'rule' | 'robot or token' | 'trust rule' | 'public setting' | 'other';

export interface ShownDecider {
  readonly kind: DeciderKind;
  readonly text: string;
  /** The page on which it is shown or can be changed. */
  readonly href: string | undefined;
}

/** The name of the trust rule stands before a colon, or before what it limits. */
const trustRule = /^(?:the )?trust rule ([\w.@-]+)(?=:| )/;

const kinds: readonly (readonly [RegExp, DeciderKind, string | undefined])[] = [
  [/^role /, 'role', undefined],
  [/^grant to /, 'grant', '/auth/grants'],
  [/^policy rule (\d+)/, 'rule', '/auth/rules'],
  [/^created with |--only/, 'robot or token', undefined],
  [/^publicRepositories/, 'public setting', undefined],
];

/** Recognizes what decides, from the text that the server and the command line write. */
export function recognizeDecider(text: string): ShownDecider {
  const [, name] = trustRule.exec(text) ?? [];
  if (name !== undefined) return { kind: 'trust rule', text, href: trustRuleHref(name) };
  const [, kind = 'other', href] = kinds.find(([pattern]) => pattern.test(text)) ?? [];
  return { kind, text, href };
}

/** Names the addresses from which an access is possible, or undefined if the address does not matter. */
export function describeFrom(from: Access['from']): string | undefined {
  if (from === null) return undefined;
  return from.map((networks) => (networks.length === 0 ? 'elsewhere' : networks.join(' and '))).join('; ');
}

/** Names who has the access: `anyone`, or a user, robot, access token or trust rule. */
export function describeLogin({ kind, name, user }: Pick<Access, 'kind' | 'name' | 'user'>): {
  readonly name: string;
  readonly kind: string;
  /** The page of a trust rule. Left out for all others. */
  readonly href?: string;
} {
  if (kind === 'anonymous') return { name: 'anyone', kind: 'without a login' };
  if (kind === 'token')
    return { name, kind: user === undefined ? 'access token' : `access token of ${user}` };
  if (kind === 'ci') {
    const rule = trustRuleOf(name) ?? name;
    return { name: subjectOf(rule), kind: 'by a trust rule', href: trustRuleHref(rule) };
  }
  return { name, kind: kind === 'htpasswd user' ? 'user of the htpasswd file' : kind };
}
