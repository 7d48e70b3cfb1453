import type { Route } from './route.ts';
import { robots } from './routes/access/robots.ts';
import { audit } from './routes/operations/audit.ts';
import { explain } from './routes/operations/explain.ts';
import { health } from './routes/operations/health.ts';
import { keys } from './routes/operations/keys.ts';
import { me } from './routes/people/me.ts';
import { users } from './routes/people/users.ts';

/** All routes of the administration API. */
export const routes: readonly Route[] = [
  ...me,
  ...users,
  ...robots,
  ...audit,
  ...explain,
  ...keys,
  ...health,
];
