import { keySourceOf, type TrustRule } from '../../trust/trust-rule.ts';
import { algorithmsOf } from './algorithms.ts';

/** What the trust rules say about the JWTs of one issuer. */
export interface IssuerRules {
  readonly issuer: string;
  /** The algorithms that are accepted from the issuer. */
  readonly algorithms: readonly string[];
  readonly sources: readonly SourceRules[];
}

/** What the trust rules say about the JWTs that one key set has signed. */
export interface SourceRules {
  /** See `keySourceOf`. */
  readonly source: string;
  readonly issuer: string;
  readonly jwks: string | undefined;
  /** Each audience that a rule with this key set accepts. */
  readonly audiences: readonly string[];
  /** True if the configuration file contains a rule with this key set. */
  readonly allowsPrivateAddresses: boolean;
}

/** Arranges trust rules by issuer. A pending rule counts too, because `trust confirm` needs its JWT. */
export function groupByIssuer(rules: readonly TrustRule[]): ReadonlyMap<string, IssuerRules> {
  const byIssuer = Map.groupBy(rules, ({ issuer }) => issuer);
  return new Map(
    [...byIssuer].map(([issuer, ofIssuer]) => {
      const sources = [...Map.groupBy(ofIssuer, keySourceOf)].map(([source, ofSource]) => ({
        source,
        issuer,
        jwks: ofSource[0]?.jwks,
        audiences: [...new Set(ofSource.flatMap(({ audiences }) => audiences))],
        allowsPrivateAddresses: ofSource.some(({ origin }) => origin === 'file'),
      }));
      // All rules of an issuer have the same preset.
      const algorithms = algorithmsOf(ofIssuer[0]?.preset);
      return [issuer, { issuer, algorithms, sources }];
    }),
  );
}
