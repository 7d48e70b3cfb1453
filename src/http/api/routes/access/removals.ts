import { z } from 'zod';
import { findGroup } from '../../../../admin/groups.ts';
import { findGrantHolder, requireGrant } from '../../../../admin/rights/grants.ts';
import { leavingNarrows, removingGrantNarrows } from '../../../../admin/rights/narrowing.ts';
import { findUser } from '../../../../admin/users.ts';
import { defineRoute, ok, type Route } from '../../route.ts';
import { nameText, patternText } from '../../text.ts';

/** The questions that the command line asks before it takes rights away from a user. */
export const removals: readonly Route[] = [
  defineRoute({
    method: 'GET',
    path: '/groups/{name}/members/{user}',
    tag: 'Groups',
    summary: 'Say whether a user is in a group, and whether the user would lose rights by leaving it',
    access: 'administrator',
    answers: {
      200: z.object({
        group: z.string(),
        user: z.string(),
        member: z.boolean(),
        leavingNarrows: z.boolean(),
      }),
    },
    errors: ['no_such_group', 'no_such_user'],
    handle: async ({ params, api: { store, config } }) => {
      const { name: group, members } = await findGroup(store, params.name);
      const { name: user } = await findUser(store, params.user);
      return ok({
        ...{ group, user, member: members.includes(user) },
        leavingNarrows: await leavingNarrows(store, config.policy, { group, user }),
      });
    },
  }),
  defineRoute({
    method: 'GET',
    path: '/grants/removal',
    tag: 'Grants',
    summary: 'Say whether removing a grant would take rights away from someone',
    access: 'administrator',
    query: z.strictObject({ subject: nameText, pattern: patternText }),
    answers: { 200: z.object({ subject: z.string(), pattern: z.string(), narrows: z.boolean() }) },
    errors: ['no_such_user', 'no_such_group', 'no_such_grant', 'bad_usage'],
    handle: async ({ query: { subject, pattern }, api: { store } }) => {
      const holder = await findGrantHolder(store, subject);
      await requireGrant(store, holder.name, pattern);
      const narrows = await removingGrantNarrows(store, holder, pattern);
      return ok({ subject: holder.name, pattern, narrows });
    },
  }),
];
