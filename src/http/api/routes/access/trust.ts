import { z } from 'zod';
import {
  addTrustRule,
  confirmTrustRule,
  findTrustRule,
  listOrderedTrustRules,
  removeTrustRule,
} from '../../../../admin/trust/rules.ts';
import { isJwtForm, jwtFormWanted } from '../../../../admin/trust/decode-claims.ts';
import { testJwt } from '../../../../admin/trust/test-jwt.ts';
import { readRulesInForce } from '../../../../admin/trust/rules-in-force.ts';
import { jwtProblems } from '../../../../identity/federated/verification.ts';
import { parseHost } from '../../../../net/host.ts';
import { Secret } from '../../../../secret.ts';
import { parseRightTemplate } from '../../../../trust/right-template.ts';
import { givenMembers } from '../../input/given-members.ts';
import { parsedText } from '../../input/parsed-text.ts';
import { durationSchema, onlySchema } from '../../input/texts.ts';
import { pageOf, pageQuery, readPage, selectPage } from '../../paging.ts';
import { created, defineRoute, noContent, ok, type Route } from '../../route.ts';
import { nameText, pageSchema } from '../../text.ts';
import { timeSchema } from '../people/schemas.ts';

const claimsSchema = z.record(z.string(), z.unknown()).meta({ description: 'Claims of a JWT' });

const trustRuleSchema = z
  .object({
    name: z.string().meta({ description: 'The subject of its jobs is `ci:NAME`' }),
    origin: z.enum(['file', 'database']),
    issuer: z.string(),
    preset: z.string().nullable(),
    jwks: z.string().nullable(),
    audience: z.array(z.string()),
    when: z.record(z.string(), z.array(z.string())),
    only: z.array(z.string()),
    session: z.string().meta({ example: '1h' }),
    isPending: z.boolean().meta({ description: 'The rule waits for a confirmation and grants nothing' }),
    pin: z.array(z.string()).meta({ description: 'The claims whose values the confirmation fixes' }),
    candidate: z
      .object({ claims: claimsSchema, seenAt: timeSchema, address: z.string() })
      .nullable()
      .meta({ description: 'The first JWT that matched while the rule waited' }),
    lastUsedAt: timeSchema.nullable(),
    lastUsedFrom: z.string().nullable(),
    hiddenBy: z
      .string()
      .nullable()
      .meta({ description: 'An earlier rule that matches all JWTs of this rule' }),
    warnings: z.array(z.string()),
  })
  .meta({ id: 'TrustRule' });

const value = z.union([z.string().min(1).max(1000), z.number(), z.boolean()]);

const newTrustRule = z.strictObject({
  name: nameText,
  issuer: z
    .string()
    .min(1)
    .max(1000)
    .meta({ description: '`github`, `gitlab`, `buildkite`, `circleci`, or an https URL', example: 'github' }),
  jwks: z.string().min(1).max(1000).optional().meta({ description: 'The https URL of the key set' }),
  audience: z.array(z.string().min(1).max(1000)).min(1, 'must have at least one entry').max(100).optional(),
  when: z
    .record(z.string().min(1).max(200), z.union([value, z.array(value).min(1).max(100)]))
    .refine((conditions) => Object.keys(conditions).length <= 50, 'must have at most 50 claims')
    .meta({ description: 'The accepted values of each claim', example: { repository: 'acme/app' } }),
  only: onlySchema(1000, 400, parseRightTemplate).meta({
    description: 'Repository patterns, each with actions',
    example: ['acme/app/**:pull,push'],
  }),
  session: durationSchema.optional().meta({ description: 'At most `6h`; `0s`: no session. Default: `1h`' }),
  pin: z
    .array(z.string().min(1).max(200))
    .max(20)
    .optional()
    .meta({ description: 'Claims that the first JWT fixes. The rule then waits for a confirmation' }),
});

const jwtTestSchema = z
  .object({
    verdict: z.enum(['accepted', 'denied']),
    rule: z
      .string()
      .nullable()
      .meta({ description: 'The rule that accepts the JWT, or would accept it without the problem' }),
    problem: z.enum([...jwtProblems, 'no rule matches', 'waits for confirmation']).nullable(),
    detail: z.string().nullable(),
    rights: z.array(z.string()),
    hosts: z.array(z.object({ host: z.string(), realm: z.enum(['public', 'private']) })),
    results: z.array(
      z.object({
        rule: z.string(),
        kind: z.enum(['match', 'keys', 'audience', 'claim']),
        claim: z.string().optional(),
        expected: z.array(z.string()).optional(),
        actual: z.string().optional(),
        text: z.string(),
      }),
    ),
    claims: claimsSchema.nullable(),
    isVerified: z.boolean().meta({ description: 'If false, anyone can have written the claims' }),
  })
  .meta({ id: 'JwtTest' });

/** The schema of a JWT in a request. It is a secret: no log, audit row or stored answer contains it. */
export const jwtText = z
  .string()
  .min(1)
  .max(65_536)
  .refine(isJwtForm, `must be a JWT: ${jwtFormWanted}`)
  .meta({ format: 'password' });

export const trust: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/trust',
    tag: 'Trust rules',
    summary: 'List trust rules in the order in which they are tried',
    access: 'administrator',
    query: z.strictObject(pageQuery),
    answers: { 200: pageSchema(trustRuleSchema) },
    handle: async ({ query, api }) => {
      const page = readPage(query, 2);
      const rules = await listOrderedTrustRules(api.store, api.config);
      const keyOf = ({ order }: (typeof rules)[number]) => order;
      const found = selectPage(rules, page, keyOf, ({ view }) => view.name);
      return pageOf(found, page, keyOf, ({ view }) => view);
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/trust',
    tag: 'Trust rules',
    summary: 'Add a trust rule to the database',
    access: 'administrator',
    body: newTrustRule,
    answers: { 201: trustRuleSchema },
    errors: ['bad_name', 'bad_usage', 'already_exists'],
    handle: async ({ body: { name, pin = [], ...definition }, api: { store, clock, config } }) => {
      const newRule = { name, definition: givenMembers(definition), pins: pin };
      const rule = await addTrustRule(store, clock, config, newRule);
      return created(`/trust/${encodeURIComponent(rule.name)}`, rule);
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/trust/test',
    tag: 'Trust rules',
    summary: 'Say which trust rule a JWT matches, or for each rule what does not match',
    access: 'administrator',
    body: z.strictObject({
      jwt: jwtText,
      host: parsedText(parseHost, 300)
        .optional()
        .meta({ description: 'The host at which the job would log in. Left out: each private domain' }),
    }),
    answers: { 200: jwtTestSchema },
    errors: ['bad_host'],
    handle: async ({ body: { jwt, host }, api: { store, config, identify } }) => {
      const rules = await readRulesInForce(store, config);
      return ok(await testJwt({ identify, rules, config }, new Secret(jwt), host));
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/trust/{name}',
    tag: 'Trust rules',
    summary: 'Show a trust rule',
    access: 'administrator',
    answers: { 200: trustRuleSchema },
    errors: ['no_such_trust_rule'],
    // What changes with each login, or with other rules, does not count.
    etag: { without: ['lastUsedAt', 'lastUsedFrom', 'hiddenBy', 'warnings'] },
    handle: async ({ params: { name }, api: { store, config } }) =>
      ok(await findTrustRule(store, config, name)),
  }),
  defineRoute({
    method: 'DELETE',
    path: '/trust/{name}',
    tag: 'Trust rules',
    summary: 'Remove a trust rule from the database. The sessions of its jobs end',
    access: 'administrator',
    answers: { 204: null },
    errors: ['no_such_trust_rule', 'rule_in_file'],
    handle: async ({ params: { name }, api: { store, clock, config } }) => {
      await removeTrustRule(store, clock, config, name);
      return noContent();
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/trust/{name}/confirm',
    etagOf: '/trust/{name}',
    tag: 'Trust rules',
    summary: 'Confirm the ids of the first JWT, so that a waiting rule grants access',
    access: 'administrator',
    answers: { 200: trustRuleSchema },
    errors: ['no_such_trust_rule', 'rule_in_file', 'nothing_to_confirm'],
    handle: async ({ params: { name }, api: { store, clock, config } }) =>
      ok(await confirmTrustRule(store, clock, config, name)),
  }),
];
