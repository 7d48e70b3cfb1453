import { z } from 'zod';
import { missingFrom } from '../../../../admin/missing-audiences.ts';
import { withStoredRules } from '../../../../admin/trust/rules-in-force.ts';
import { readPastedRules } from '../../../../config/pasted-rules.ts';
import { messageOf } from '../../../../errors.ts';
import { listLogins } from '../../../../explain/list-logins.ts';
import { viewRule } from '../../../../explain/list-rules.ts';
import { previewRules } from '../../../../explain/preview-rules.ts';
import { findUnusedRules } from '../../../../policy/unused-rules.ts';
import { InvalidInput, toPointer } from '../../input/invalid-input.ts';
import { pageOf, pageQuery, readPage, selectPage } from '../../paging.ts';
import { defineRoute, ok, type Api, type Route } from '../../route.ts';
import { actionSchema } from '../people/schemas.ts';

/** The longest time of a preview in milliseconds. */
const previewBudgetMs = 5000;
/** How long a preview waits for the registry, in milliseconds. */
const registryTimeoutMs = 3000;

const matchesSchema = z.object({
  count: z.number(),
  names: z.array(z.string()).meta({ description: 'The first 100' }),
});

const ruleSchema = z
  .object({
    number: z.number().meta({ description: 'The position in the configuration, from 1' }),
    text: z.string(),
    effect: z.enum(['allow', 'deny']),
    actions: z.array(actionSchema),
    to: z.array(z.string()),
    on: z.array(z.string()),
    realm: z.enum(['public', 'private']).nullable(),
    from: z.array(z.string()).nullable(),
    unused: z.string().nullable().meta({ description: 'Why the rule never has an effect' }),
    unusedPatterns: z.array(z.string()),
    subjects: matchesSchema.meta({
      description: 'The users, robots and trust rules to whom the rule applies',
    }),
    repositories: matchesSchema.meta({ description: 'The existing repositories that the rule matches' }),
  })
  .meta({ id: 'Rule' });

const changeSchema = z
  .object({
    subjects: z.array(
      z.object({
        kind: z.enum(['anonymous', 'user', 'htpasswd user', 'token', 'robot', 'ci']),
        name: z.string(),
      }),
    ),
    domain: z.enum(['public', 'private']),
    repositories: z.array(
      z.object({
        repository: z.string(),
        patterns: z.array(z.string()).meta({
          description: 'Empty: the repository exists. Otherwise it is an example for these patterns',
        }),
      }),
    ),
    before: z.array(actionSchema),
    after: z.array(actionSchema),
    gained: z.array(actionSchema),
    lost: z.array(actionSchema),
    by: z.array(z.string()).meta({ description: 'What decides with the proposed rules' }),
    from: z.array(z.array(z.string())).nullable().meta({ description: 'Networks. `null`: any address' }),
  })
  .meta({ id: 'AccessChange' });

export const rules: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/rules',
    tag: 'Rules',
    summary: 'List the rules in the configuration, and what each of them matches',
    access: 'administrator',
    query: z.strictObject(pageQuery),
    answers: {
      200: z.object({
        items: z.array(ruleSchema),
        next: z.string().nullable(),
        file: z.string().nullable().meta({ description: 'The configuration file with the rules' }),
        warnings: z.array(z.string()).meta({
          description: 'Rules without an effect, and names in rules that do not exist',
        }),
        problem: z.string().nullable().meta({ description: 'Why the registry could not be asked' }),
      }),
    },
    handle: async ({ query, api }) => {
      const { config, store, clock } = api;
      const page = readPage(query);
      const keyOf = ({ number }: { number: number }) => [String(number).padStart(6, '0')];
      const found = selectPage(config.policy, page, keyOf, ({ on, to }) =>
        [...on.map(({ text }) => text), ...to].join(' '),
      );
      const logins = await listLogins(store, await withStoredRules(store, config), clock());
      const known = await knownRepositories(api);
      const answer = pageOf(found, page, keyOf, (rule) => viewRule(rule, config.policy, logins, known.names));
      return ok({
        ...(answer.body as object),
        file: config.file ?? null,
        warnings: [...findUnusedRules(config.policy), ...(await missingFrom(store, config))],
        problem: known.problem,
      });
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/rules/preview',
    tag: 'Rules',
    summary: 'Show what other rules, in place of the configured ones, would change, and for whom',
    access: 'administrator',
    body: z.strictObject({
      policy: z.union([z.array(z.unknown()), z.string()], 'must be a list of rules').meta({
        description: 'The rules as in the setting `policy`: a list, or its YAML text',
        example: [{ deny: ['push'], to: ['everyone'], on: ['prod/**'] }],
      }),
    }),
    answers: {
      200: z.object({
        changes: z.array(changeSchema),
        removed: z.array(z.string()).meta({ description: 'The configured rules that are not in the list' }),
        added: z.array(z.string()),
        warnings: z.array(z.string()).meta({
          description: 'Rules without an effect, and names in rules that do not exist',
        }),
        subjectCount: z.number(),
        repositoryCount: z.number(),
        cut: z.array(z.string()).meta({
          description: 'Why changes may be missing. Empty: all changes on the compared repositories',
        }),
      }),
    },
    handle: async ({ body: { policy }, api }) => {
      const read = await readPastedRules(policy);
      if (read.faults !== undefined)
        throw new InvalidInput(
          read.faults.slice(0, 20).map(({ path, message }) => ({
            in: 'body' as const,
            pointer: toPointer(['policy', ...path]),
            detail: message,
          })),
        );
      const { store, config, clock } = api;
      const known = await knownRepositories(api);
      const settings = await withStoredRules(store, config);
      const preview = await previewRules(read.rules, store, settings, clock(), {
        repositories: known.names,
        budgetMs: previewBudgetMs,
      });
      const missing = await missingFrom(store, { ...config, policy: read.rules });
      return ok({
        ...preview,
        warnings: [...findUnusedRules(read.rules), ...missing],
        cut: [
          ...preview.cut,
          ...(known.problem === null
            ? []
            : [`the existing repositories are not compared, only examples: ${known.problem}`]),
        ],
      });
    },
  }),
];

/** Returns the names of the repositories that exist, or the reason why they are not known. */
async function knownRepositories({
  images,
}: Api): Promise<{ names: readonly string[]; problem: string | null }> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_resolve, reject) => {
    const message = `the registry has not listed its repositories within ${registryTimeoutMs / 1000} seconds`;
    timer = setTimeout(() => reject(new Error(message)), registryTimeoutMs);
  });
  try {
    const { names, problem } = await Promise.race([images().repositories.list(), late]);
    return { names, problem: problem?.message ?? null };
  } catch (error) {
    return { names: [], problem: messageOf(error) };
  } finally {
    clearTimeout(timer);
  }
}
