import * as z from 'zod/mini';
import { messageOf } from '../../errors.ts';
import { isClaimName, textOfClaim } from '../../trust/claims.ts';
import type { ClaimCondition } from '../../trust/claim-condition.ts';
import { presetIssuers, presetOf } from '../../trust/presets.ts';
import { parseRightTemplate, type RightTemplate } from '../../trust/right-template.ts';
import { circleciIssuerOf, findFaults } from '../../trust/rule-faults.ts';
import { defaultSession, maxSession, ruleNameGrammar, type TrustRule } from '../../trust/trust-rule.ts';
import { parseDuration } from './duration.ts';
import {
  faultOfIssuer,
  isKeyLocation,
  isKeyUrl,
  isLocalHost,
  wantedIssuer,
  wantedKeys,
} from './issuer-url.ts';
import { rulesFromJson } from './list.ts';

/**
 * This file contains the schema of the setting `trust`. The administration API and the database have rules of the same
 * form. src/trust compares the rules with JWTs.
 */

/** The keys that a rule in the setting `trust` can have. */
export const trustRuleKeys: readonly string[] = [
  'name',
  'issuer',
  'jwks',
  'audience',
  'when',
  'only',
  'session',
];

/**
 * Returns the schema of one rule.
 *
 * The rule that it returns is not ready: a relative path in `jwks` must be resolved, and if the rule does not name an
 * audience, `audiences` is empty (trust-audiences.ts).
 * @param source `file`: dockpass.yml or its environment variable. `api`: a rule that an administrator adds to the
 *   database. Such a rule cannot name a file of the server, or an issuer on the server itself
 */
export function trustRuleSchema(source: 'file' | 'api') {
  return z.pipe(
    z.strictObject(
      {
        name,
        issuer,
        jwks: z.optional(z.string(wantedKeys).check(z.refine(isKeyLocation, wantedKeys))),
        audience: z.optional(oneOrMore(audience, wantedAudiences)),
        when: z.prefault(when, {}),
        only: oneOrMore(right, wantedRights),
        session: z.prefault(session, `${defaultSession}s`),
      },
      wantedRule,
    ),
    z.transform((settings: RuleSettings, context): TrustRule => toRule(settings, source, context)),
  );
}

interface RuleSettings {
  readonly name: string;
  readonly issuer: string;
  readonly jwks?: string | undefined;
  readonly audience?: string[] | undefined;
  readonly when: readonly ClaimCondition[];
  readonly only: RightTemplate[];
  readonly session: number;
}

const wantedRule = `must be a rule, which is a mapping with these keys: ${trustRuleKeys.join(', ')}`;
const wantedName =
  'must be a name of at most 64 characters: letters a-z, digits and . _ @ -, with a letter or digit at both ends';
const name = z.pipe(
  z.pipe(
    z.string(wantedName),
    z.transform((text: string) => text.toLowerCase()),
  ),
  z.string().check(z.regex(ruleNameGrammar, wantedName)),
);

const issuer = z.pipe(
  z.string(wantedIssuer),
  z.transform((text: string, context): string => {
    const fault = faultOfIssuer(text);
    if (fault === undefined) return text;
    context.issues.push({ code: 'custom', message: fault, input: text });
    return z.NEVER;
  }),
);

const wantedAudiences =
  'must be a list of values of the claim aud, such as [registry.example.com]. Leave the key out for the domains in up.privateDomains';
const wantedAudience =
  'must be the exact value of the claim aud, such as registry.example.com. A * has no special meaning there, and cannot be used';
const audience = z
  .string(wantedAudience)
  .check(z.refine((text) => text.trim() !== '' && !text.includes('*'), wantedAudience));

const wantedRights = 'must be a list of rights, each PATTERN:ACTIONS, such as ["team/**:pull,push"]';
const right = z.pipe(
  z.string('must be PATTERN:ACTIONS, such as "team/**:pull,push"'),
  z.transform((text: string, context): RightTemplate => {
    try {
      return parseRightTemplate(text.trim());
    } catch (error) {
      context.issues.push({ code: 'custom', message: messageOf(error), input: text });
      return z.NEVER;
    }
  }),
);

const wantedSession =
  'must be a duration of at most 6h, such as 1h. It is how long a job can push after its login. Write 0s for no session';
const session = z.pipe(
  z.string(wantedSession),
  z.transform((text: string, context): number => {
    const seconds = parseDuration(text.trim());
    if (seconds !== undefined && seconds <= maxSession) return seconds;
    context.issues.push({ code: 'custom', message: wantedSession, input: text });
    return z.NEVER;
  }),
);

const wantedWhen = 'must be a mapping of claims to values, such as { repository_id: "260064828" }';
const when = z.pipe(
  z.custom<Record<string, unknown>>(
    (value) => typeof value === 'object' && value !== null && !Array.isArray(value),
    wantedWhen,
  ),
  z.transform((claims: Record<string, unknown>, context): readonly ClaimCondition[] =>
    Object.entries(claims).map(([claim, value]) => {
      const message = faultOfClaim(claim, value);
      if (message !== undefined)
        context.issues.push({ code: 'custom', message, input: value, path: [claim] });
      const values: readonly unknown[] = Array.isArray(value) ? value : [value];
      return { claim, accepted: values.map((single) => textOfClaim(single) ?? '') };
    }),
  ),
);

/** Returns what is wrong with a condition, or undefined. */
function faultOfClaim(claim: string, value: unknown): string | undefined {
  if (!isClaimName(claim))
    return 'must be the name of a claim, or the path of a nested claim, such as kubernetes.io/namespace';
  if (Array.isArray(value) && value.length === 0)
    return 'must have at least one value, because no JWT would fit an empty list';
  for (const single of Array.isArray(value) ? (value as unknown[]) : [value]) {
    if (typeof single === 'number' && textOfClaim(single) === undefined)
      return 'is too large for a number. Put it in quotes';
    const text = textOfClaim(single);
    if (text === undefined || text === '')
      return 'must be a text, a number, true, false, or a list of these. To compare a nested claim, write its path, such as kubernetes.io/namespace';
  }
  return undefined;
}

function toRule(settings: RuleSettings, source: 'file' | 'api', context: z.core.ParsePayload): TrustRule {
  const reject = (key: string, message: string): void => {
    context.issues.push({ code: 'custom', message, input: settings, path: [key] });
  };
  const url = urlOfIssuer(settings, reject);
  if (url === undefined) return z.NEVER;
  const rule: TrustRule = {
    name: settings.name,
    origin: source === 'file' ? 'file' : 'database',
    issuer: url,
    preset: presetOf(url),
    jwks: settings.jwks,
    audiences: settings.audience ?? [],
    when: settings.when,
    only: settings.only,
    session: settings.session,
    isPending: false,
  };
  for (const { key, message } of findFaults(rule)) reject(key, message);
  if (source === 'api') rejectLocal(rule, reject);
  return rule;
}

/** Returns the URL of the issuer, which a rule can name by a preset. */
function urlOfIssuer(
  { issuer: text, when: conditions }: RuleSettings,
  reject: (key: string, message: string) => void,
): string | undefined {
  if (text === 'circleci') {
    try {
      return circleciIssuerOf(conditions);
    } catch (error) {
      reject('when', messageOf(error));
      return undefined;
    }
  }
  return Object.hasOwn(presetIssuers, text) ? presetIssuers[text as keyof typeof presetIssuers] : text;
}

/** Rejects what a rule in the database cannot name, because a person far from the server's files has written it. */
function rejectLocal(
  { issuer, jwks }: Pick<TrustRule, 'issuer' | 'jwks'>,
  reject: (key: string, message: string) => void,
): void {
  const remedy = 'Add this rule to the setting "trust" in the configuration file';
  if (jwks !== undefined && !isKeyUrl(jwks))
    reject('jwks', `must be an https URL, because only the configuration file can name a file. ${remedy}`);
  for (const [key, url] of [['issuer', issuer] as const, ['jwks', jwks] as const])
    if (url !== undefined && URL.canParse(url) && isLocalHost(new URL(url).hostname))
      reject(key, `is on the server itself or on a private network. ${remedy}`);
}

/** Creates the schema of a list that must not be empty. A single entry can be written without the list. */
function oneOrMore<Item extends z.ZodMiniType>(item: Item, wanted: string) {
  const fromOne = z.pipe(
    z.string(),
    z.transform((text: string): unknown[] => [text]),
  );
  return z.pipe(
    z.union([fromOne, z.array(z.unknown())], wanted),
    z.array(item).check(z.refine((items) => items.length > 0, wanted)),
  );
}

/**
 * The schema of the setting `trust`. The input is a YAML list of rules, or the JSON text of such a list from an
 * environment variable. The schema of a rule is created when there is one, because each command creates this schema.
 */
export const trustRules = z.pipe(
  z.union([rulesFromJson, z.array(z.unknown())], 'must be a list of rules'),
  z.pipe(
    z.array(z.lazy(() => (ruleFromFile ??= trustRuleSchema('file')))),
    z.transform((rules: TrustRule[], context): readonly TrustRule[] => {
      const names = rules.map(({ name: text }) => text);
      for (const [at, text] of names.entries())
        if (names.indexOf(text) < at)
          context.issues.push({
            code: 'custom',
            message: `two rules have the name ${text}. Rename one, because a name identifies its rule`,
            input: text,
            path: [at, 'name'],
          });
      return rules;
    }),
  ),
);

let ruleFromFile: ReturnType<typeof trustRuleSchema> | undefined;
