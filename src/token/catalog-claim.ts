import type { CatalogAccess, Grant } from '../policy/decide.ts';
import { compilePattern } from '../policy/pattern.ts';
import { actions as knownActions, expandActions, type Action, type Right } from '../policy/rights.ts';
import type { Subject } from '../policy/subject.ts';

/**
 * The claim of our own that says that a client has asked for the list of repositories, under which kind of domain, and
 * with which credential. Registries ignore it. With it, dockpass finds the rights that the credential has when the list
 * is requested (src/admin/catalog/token-holder.ts). It contains no secret.
 */
export interface CatalogClaim {
  readonly domain: 'public' | 'private';
  readonly by: Credential;
}

/** The credential with which the subject of a token has logged in. The claim `sub` has the name of the subject. */
export type Credential =
  | { readonly kind: 'anonymous' | 'user' | 'htpasswd' | 'robot' }
  | { readonly kind: 'access token'; readonly name: string }
  /** The rights come from the claims of the JWT, which is not stored. They count only while the trust rule is unchanged. */
  | { readonly kind: 'ci'; readonly version: string; readonly rights: readonly string[] };

/** The name of the claim in a token. */
export const catalogClaimName = 'dockpass_catalog';

/** Returns what the grants let the client list. Undefined if it has not asked for the catalog, or may not list it. */
export function catalogAccessOf(grants: readonly Grant[]): CatalogAccess | undefined {
  for (const { catalog } of grants) if (catalog !== undefined) return catalog;
  return undefined;
}

export function catalogClaimFor(subject: Subject, access: CatalogAccess): CatalogClaim {
  return { domain: access === 'public' ? 'public' : 'private', by: credentialOf(subject) };
}

function credentialOf(subject: Subject): Credential {
  switch (subject.kind) {
    case 'anonymous':
    case 'robot':
      return { kind: subject.kind };
    case 'ci':
      return {
        kind: 'ci',
        version: subject.ruleVersion ?? '',
        rights: subject.rights.map(({ pattern, actions }) => `${pattern.text}:${actions.join(',')}`),
      };
    case 'user':
      if (subject.tokenName !== undefined) return { kind: 'access token', name: subject.tokenName };
      return { kind: subject.through === 'htpasswd file' ? 'htpasswd' : 'user' };
  }
}

/** Reads the claim of a verified token. Returns undefined if the token does not have it. */
export function readCatalogClaim(claims: Readonly<Record<string, unknown>>): CatalogClaim | undefined {
  // dockpass has signed the token, so the claim has the form in which an earlier or this version wrote it.
  return claims[catalogClaimName] as CatalogClaim | undefined;
}

/** Returns the rights that a claim names, see `credentialOf`. */
export function parseClaimedRights(rights: readonly string[]): readonly Right[] {
  return rights.map((text) => {
    const colon = text.lastIndexOf(':');
    const named = text.slice(colon + 1).split(',');
    return {
      pattern: compilePattern(text.slice(0, colon)),
      actions: expandActions(knownActions.filter((action: Action) => named.includes(action))),
    };
  });
}
