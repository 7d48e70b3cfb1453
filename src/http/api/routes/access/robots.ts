import { z } from 'zod';
import { formatPatternActions } from '../../../../admin/rights/right-text.ts';
import {
  createRobot,
  findRobot,
  removeRobot,
  rotateRobotSecret,
  setRobot,
} from '../../../../admin/robots.ts';
import { publicView } from '../../../../admin/views/robot-view.ts';
import { formatTime } from '../../../../admin/views/time.ts';
import type { Robot } from '../../../../store/store.ts';
import { durationSchema, onlySchema, rightsIn, secondsIn } from '../../input/texts.ts';
import { pageOf, pageQuery, readPage } from '../../paging.ts';
import { created, defineRoute, noContent, ok, type Route } from '../../route.ts';
import { pageSchema } from '../../text.ts';
import { actionSchema, timeSchema } from '../people/schemas.ts';

export const robotSchema = z
  .object({
    name: z.string(),
    only: z.array(z.string()).meta({ description: 'As in the request, for example `team/**:pull,push`' }),
    rights: z
      .array(z.object({ pattern: z.string(), actions: z.array(actionSchema) }))
      .meta({ description: 'The same rights as in `only`' }),
    disabled: z.boolean(),
    state: z.enum(['active', 'expires soon', 'expired', 'disabled']),
    created: timeSchema,
    expires: timeSchema.nullable().meta({ description: '`null`: never' }),
    lastUsed: timeSchema.nullable(),
    lastUsedFrom: z.string().nullable(),
    api: z.boolean(),
    description: z.string().nullable(),
    owner: z.string().nullable(),
  })
  .meta({ id: 'Robot' });

export const secretSchema = z.string().meta({ description: 'Shown once. Log in with it as the password' });

/** Returns a robot as the API shows it. @param now milliseconds since the epoch */
export function viewOf(robot: Robot, now: number) {
  const { only, ...view } = publicView(robot, now);
  const texts = only.map((right) => formatPatternActions([right]));
  return { ...view, only: texts, rights: only, disabled: robot.disabled };
}

const label = z.string().max(1000);
const robotRights = onlySchema(1000, 400);

export const robots: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/robots',
    tag: 'Robots',
    summary: 'List robots',
    access: 'administrator',
    query: z.strictObject(pageQuery),
    answers: { 200: pageSchema(robotSchema) },
    handle: async ({ query, api }) => {
      const page = readPage(query);
      const found = await api.store.robots.page({
        limit: page.limit + 1,
        after: page.after?.[0],
        contains: page.q,
      });
      return pageOf(
        found,
        page,
        ({ name }) => [name],
        (robot) => viewOf(robot, api.clock()),
      );
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/robots',
    tag: 'Robots',
    summary: 'Create a robot',
    access: 'administrator',
    body: z.strictObject({
      name: z.string().max(200),
      only: robotRights,
      expires: durationSchema.default('365d'),
      api: z.boolean().default(false),
      description: label.optional(),
      owner: label.optional(),
    }),
    answers: { 201: robotSchema.extend({ secret: secretSchema }) },
    errors: ['bad_name', 'bad_usage', 'already_exists'],
    handle: async ({ body: { only, expires, description, owner, ...body }, api }) => {
      const { robot, secret } = await createRobot(api.store, api.clock, {
        ...body,
        only: rightsIn(only),
        expiresIn: secondsIn(expires),
        htpasswd: api.config.htpasswd,
        ...(description !== undefined && { description }),
        ...(owner !== undefined && { owner }),
      });
      const path = `/robots/${encodeURIComponent(robot.name)}`;
      return created(path, { ...viewOf(robot, api.clock()), secret: secret.reveal() });
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/robots/{name}',
    tag: 'Robots',
    summary: 'Show a robot',
    access: 'administrator',
    answers: { 200: robotSchema },
    errors: ['no_such_robot'],
    // What changes with each use, or as time passes, does not count.
    etag: { without: ['lastUsed', 'lastUsedFrom', 'state'] },
    handle: async ({ params, api }) => ok(viewOf(await findRobot(api.store, params.name), api.clock())),
  }),
  defineRoute({
    method: 'PATCH',
    path: '/robots/{name}',
    tag: 'Robots',
    summary: 'Change a robot. Its secret stays valid',
    access: 'administrator',
    body: z.strictObject({
      only: robotRights.optional(),
      disabled: z.boolean().optional(),
      description: label.nullable().optional(),
      owner: label.nullable().optional(),
      expires: durationSchema.optional(),
    }),
    answers: { 200: robotSchema },
    errors: ['no_such_robot', 'bad_usage'],
    handle: async ({ params: { name }, body, api }) => {
      const { only, disabled, description, owner, expires } = body;
      if (Object.keys(body).length === 0) return ok(viewOf(await findRobot(api.store, name), api.clock()));
      const robot = await setRobot(api.store, api.clock, name, {
        ...(only !== undefined && { only: rightsIn(only) }),
        ...(disabled !== undefined && { disabled }),
        ...(description !== undefined && { description: description ?? '' }),
        ...(owner !== undefined && { owner: owner ?? '' }),
        ...(expires !== undefined && { expiresIn: secondsIn(expires) }),
      });
      return ok(viewOf(robot, api.clock()));
    },
  }),
  defineRoute({
    method: 'DELETE',
    path: '/robots/{name}',
    tag: 'Robots',
    summary: 'Remove a robot',
    access: 'administrator',
    answers: { 204: null },
    errors: ['no_such_robot'],
    handle: async ({ params, api }) => {
      await removeRobot(api.store, api.clock, params.name);
      return noContent();
    },
  }),
  defineRoute({
    method: 'POST',
    path: '/robots/{name}/rotate',
    tag: 'Robots',
    summary: 'Create a new secret. Older secrets stay valid for a grace period',
    access: 'administrator',
    body: z.strictObject({
      overlap: durationSchema.default('24h').meta({
        description: 'How long older secrets stay valid. `0s`: they become invalid at once',
      }),
      expires: durationSchema.optional().meta({
        description: 'How long the robot is valid from now. If left out, its expiry does not change',
      }),
    }),
    answers: { 200: robotSchema.extend({ secret: secretSchema, oldSecretsEnd: timeSchema }) },
    errors: ['no_such_robot', 'bad_usage'],
    handle: async ({ params, body: { overlap, expires }, api }) => {
      const rotation = {
        overlap: secondsIn(overlap),
        expiresIn: expires === undefined ? undefined : secondsIn(expires),
      };
      const { robot, secret, oldSecretsEndAt } = await rotateRobotSecret(
        api.store,
        api.clock,
        params.name,
        rotation,
      );
      return ok({
        ...viewOf(robot, api.clock()),
        secret: secret.reveal(),
        oldSecretsEnd: formatTime(oldSecretsEndAt),
      });
    },
  }),
];
