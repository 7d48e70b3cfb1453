import type { Route } from './route.ts';
import { grants } from './routes/access/grants.ts';
import { many } from './routes/access/many.ts';
import { removals } from './routes/access/removals.ts';
import { robots } from './routes/access/robots.ts';
import { rules } from './routes/access/rules.ts';
import { sessions } from './routes/access/sessions.ts';
import { tokens } from './routes/access/tokens.ts';
import { trust } from './routes/access/trust.ts';
import { openapi } from './routes/entry/openapi.ts';
import { registryToken } from './routes/entry/registry-token.ts';
import { session } from './routes/entry/session.ts';
import { setup } from './routes/entry/setup.ts';
import { repositories } from './routes/images/repositories.ts';
import { tags } from './routes/images/tags.ts';
import { usage } from './routes/images/usage.ts';
import { audit } from './routes/operations/audit.ts';
import { explain } from './routes/operations/explain.ts';
import { health } from './routes/operations/health.ts';
import { keys } from './routes/operations/keys.ts';
import { retention } from './routes/operations/retention.ts';
import { groups } from './routes/people/groups.ts';
import { me } from './routes/people/me.ts';
import { password } from './routes/people/password.ts';
import { users } from './routes/people/users.ts';

/** All routes of the administration API. */
export const routes: readonly Route[] = [
  ...openapi(() => routes),
  ...setup,
  ...session,
  ...registryToken,
  ...me,
  ...users,
  ...password,
  ...groups,
  ...grants,
  ...tokens,
  ...robots,
  ...trust,
  ...removals,
  ...many,
  ...sessions,
  ...rules,
  ...repositories,
  ...tags,
  ...usage,
  ...audit,
  ...explain,
  ...keys,
  ...retention,
  ...health,
];
