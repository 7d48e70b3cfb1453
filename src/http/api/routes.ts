import type { Route } from './route.ts';
import { grants } from './routes/access/grants.ts';
import { openapi } from './routes/entry/openapi.ts';
import { repositories } from './routes/images/repositories.ts';
import { tags } from './routes/images/tags.ts';
import { groups } from './routes/people/groups.ts';
import { me } from './routes/people/me.ts';
import { users } from './routes/people/users.ts';

/** All routes of the administration API. */
export const routes: readonly Route[] = [
  ...openapi(() => routes),
  ...me,
  ...users,
  ...groups,
  ...grants,
  ...repositories,
  ...tags,
];
