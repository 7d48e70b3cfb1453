import type { Route } from './route.ts';
import { me } from './routes/people/me.ts';
import { users } from './routes/people/users.ts';

/** All routes of the administration API. */
export const routes: readonly Route[] = [...me, ...users];
