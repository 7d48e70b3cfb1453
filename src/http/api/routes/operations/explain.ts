import { isIP } from 'node:net';
import { z } from 'zod';
import { withStoredRules } from '../../../../admin/trust/rules-in-force.ts';
import { explainEventsById } from '../../../../explain/explain-events.ts';
import { explainRequest } from '../../../../explain/explain-request.ts';
import { parseHost } from '../../../../net/host.ts';
import { actions } from '../../../../policy/rights.ts';
import { Secret } from '../../../../secret.ts';
import { parsedText } from '../../input/parsed-text.ts';
import { defineRoute, list, ok, type Route } from '../../route.ts';
import { jwtText } from '../access/trust.ts';

const explanationSchema = z
  .object({
    realm: z.object({
      kind: z.enum(['public', 'private']),
      host: z.string(),
      because: z.enum(['public domain', 'not a public domain', 'external url']),
    }),
    who: z.object({
      kind: z.enum(['anonymous', 'user', 'robot', 'ci']),
      name: z.string(),
      through: z.string().meta({ description: 'How the subject logs in, or why it cannot log in' }),
    }),
    note: z.string().optional(),
    scopes: z.array(
      z.object({
        scope: z.string(),
        actions: z.array(z.enum(actions)),
        missing: z
          .array(z.string())
          .meta({ description: 'The requested actions that the token does not contain' }),
        reason: z.string(),
        by: z
          .array(z.string())
          .meta({ description: 'The settings, grants and rules that determine the actions' }),
      }),
    ),
    token: z
      .object({
        access: z.array(z.object({ type: z.string(), name: z.string(), actions: z.array(z.string()) })),
        expiresIn: z.number().meta({ description: 'In seconds' }),
      })
      .optional()
      .meta({ description: 'Missing if the request would be denied' }),
    refusal: z
      .object({ code: z.string(), message: z.string() })
      .optional()
      .meta({ description: 'The error that the client would get' }),
  })
  .meta({ id: 'Explanation' });

const explainedEventSchema = z
  .object({
    name: z.string(),
    event: z.object({
      id: z.string(),
      at: z.number().meta({ description: 'In milliseconds since the epoch' }),
      outcome: z.enum(['issued', 'refused', 'changed']),
      subject: z.string(),
      address: z.string(),
      client: z.string(),
      host: z.string(),
      realm: z.enum(['public', 'private', '']),
      asked: z.string(),
      granted: z.string(),
      reason: z.string(),
      tokenId: z.string(),
      times: z.number(),
      seq: z.number(),
      chain: z.string(),
    }),
    line: z.string().meta({ description: 'The event as one line of text' }),
    meaning: z.array(z.string()).meta({ description: 'What the event means, and what to do' }),
  })
  .meta({ id: 'ExplainedEvent' });

export const explain: readonly Route[] = [
  defineRoute({
    method: 'POST',
    path: '/explain',
    tag: 'Explain',
    summary: 'Explain which access a request would get, and why',
    access: 'administrator',
    body: z.strictObject({
      host: parsedText(parseHost, 300).meta({ description: 'The host that the client uses' }),
      user: z
        .string()
        .min(1)
        .max(300)
        .optional()
        .meta({ description: 'A user, a robot, or `ci:NAME` for a trust rule. Left out: without a login' }),
      token: z
        .string()
        .min(1)
        .max(300)
        .optional()
        .meta({ description: 'The name of the access token with which the user logs in' }),
      jwt: jwtText
        .optional()
        .meta({ description: 'The JWT with which a job or pod logs in. Only without `user`' }),
      address: z
        .string()
        .refine((text) => isIP(text) !== 0, 'must be an IP address')
        .default('127.0.0.1')
        .meta({ description: 'The address of the client, because rules can depend on it' }),
      scopes: z
        .array(z.string().min(1).max(2000))
        .min(1, 'must have at least one entry')
        .max(100)
        .meta({ example: ['repository:team/app:pull,push'] }),
    }),
    answers: { 200: explanationSchema },
    errors: ['no_such_user', 'no_such_token', 'bad_usage'],
    handle: async ({ body: { jwt, ...body }, api: { store, config, clock, identify } }) => {
      const question = { ...body, ...(jwt !== undefined && { jwt: new Secret(jwt) }) };
      return ok(
        await explainRequest(question, store, await withStoredRules(store, config), clock(), identify),
      );
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/explain/{id}',
    tag: 'Explain',
    summary: 'Explain a denial by the id in its error message',
    access: 'administrator',
    answers: {
      200: z.object({ items: z.array(explainedEventSchema), next: z.null() }).meta({
        description: 'Similar errors of one client share an id for one minute',
      }),
    },
    errors: ['no_such_event'],
    handle: async ({ params: { id }, api: { store, clock } }) =>
      list(await explainEventsById(id.toLowerCase(), store, clock())),
  }),
];
