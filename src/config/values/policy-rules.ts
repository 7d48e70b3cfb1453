import * as z from 'zod/mini';
import { actions as knownActions, expandActions } from '../../policy/rights.ts';
import { compileRulePattern, type Audience, type Rule, type RulePattern } from '../../policy/rule.ts';
import { parseTrustedProxies } from '../../net/trusted-proxies.ts';
import { nonEmptyList, rulesFromJson } from './list.ts';

/**
 * This file contains the schema of the setting `policy`, which only parses and validates the rules. The code in
 * src/policy applies the rules to requests.
 */

const audienceGrammar =
  /^(?:everyone|anonymous|users|robots|(?:user|group|robot|ci):[a-z0-9](?:[a-z0-9._@-]*[a-z0-9])?)$/;
const wantedAudience =
  'must be user:NAME, group:NAME, robot:NAME, ci:NAME (a trust rule), users, robots, everyone or anonymous (clients without a login)';

const action = z.enum(knownActions, `must be an action: pull, push, delete or "*" for all`);
const audience = z.pipe(
  z.pipe(
    z.string(wantedAudience),
    z.transform((text: string) => text.toLowerCase()),
  ),
  z.custom<Audience>((text) => audienceGrammar.test(String(text)), wantedAudience),
);
const pattern = z.pipe(
  z.string('must be a repository pattern such as team/** or "${user}/**"'),
  z.transform(rulePattern),
);
const network = z
  .string()
  .check(
    z.refine(
      (text) => typeof parseTrustedProxies([text]) !== 'string',
      'must be an address, a network such as 10.0.0.0/8, the word loopback or the word private',
    ),
  );
const realm = z.enum(
  ['public', 'private'],
  'must be public or private. A rule without this key applies to both',
);

const rule = z
  .strictObject({
    allow: z.optional(nonEmptyList(action)),
    deny: z.optional(nonEmptyList(action)),
    to: nonEmptyList(audience),
    on: nonEmptyList(pattern),
    realm: z.optional(realm),
    from: z.optional(nonEmptyList(network)),
  })
  .check(({ value: { allow, deny }, issues, ...context }) => {
    if ((allow === undefined) !== (deny === undefined)) return;
    issues.push({
      code: 'custom',
      message:
        'must have exactly one of the keys "allow" and "deny", with a list of actions, such as "allow: [pull]"',
      input: context,
      path: [],
    });
  });

/** The keys that a rule in the setting `policy` can have. */
export const ruleKeys: readonly string[] = Object.keys(rule.shape);

type RuleSettings = z.output<typeof rule>;

/**
 * The schema of the setting `policy`. The input is a YAML list of rules, or the JSON text of such a list from an
 * environment variable.
 */
export const policyRules = z.pipe(
  z.pipe(z.union([rulesFromJson, z.array(z.unknown(), 'must be a list of rules')]), z.array(rule)),
  z.transform((rules: RuleSettings[]): readonly Rule[] =>
    rules.map((settings, at) => toRule(settings, at + 1)),
  ),
);

function toRule({ allow, deny, to, on, realm, from }: RuleSettings, number: number): Rule {
  const peers = from === undefined ? undefined : parseTrustedProxies(from);
  return {
    number,
    effect: deny === undefined ? 'allow' : 'deny',
    actions: expandActions(deny ?? allow ?? []),
    to,
    on,
    realm,
    // `parseTrustedProxies` returns a string only if a network is invalid. The schema has already rejected invalid
    // networks, so `peers` is never a string here.
    from: typeof peers === 'string' ? undefined : peers,
  };
}

function rulePattern(text: string, context: z.core.ParsePayload): RulePattern {
  try {
    return compileRulePattern(text.trim());
  } catch (error) {
    context.issues.push({
      code: 'custom',
      message: `must be a repository pattern: ${error instanceof TypeError ? error.message : String(error)}`,
      input: text,
    });
    return z.NEVER;
  }
}
