import type { ComponentType } from 'preact';
import { lazyScreen } from './state/lazy-screen.tsx';
import type { ScreenProps } from './state/screen-props.ts';

export interface ScreenRoute {
  /** A path of preact-iso. `:name` is one segment, in which a slash is written `%2F`. */
  readonly path: string;
  readonly access: 'everyone' | 'administrators';
  readonly Screen: ComponentType<ScreenProps>;
}

/** All screens of people who are signed in. Each screen is a file that is loaded with its first use. */
export const screenRoutes: readonly ScreenRoute[] = [
  {
    path: '/auth',
    access: 'everyone',
    Screen: lazyScreen(async () => (await import('./screens/home/home.tsx')).Home),
  },
  {
    path: '/auth/repositories',
    access: 'everyone',
    Screen: lazyScreen(async () => (await import('./screens/repositories/repositories.tsx')).Repositories),
  },
  {
    path: '/auth/repositories/:name',
    access: 'everyone',
    Screen: lazyScreen(async () => (await import('./screens/repositories/repository.tsx')).Repository),
  },
  {
    path: '/auth/repositories/:name/access',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/repositories/access.tsx')).RepositoryAccess),
  },
  {
    path: '/auth/repositories/:name/usage',
    access: 'everyone',
    Screen: lazyScreen(
      async () => (await import('./screens/repositories/repository-usage.tsx')).RepositoryUsage,
    ),
  },
  {
    path: '/auth/usage',
    access: 'everyone',
    Screen: lazyScreen(async () => (await import('./screens/usage/usage.tsx')).UsageScreen),
  },
  {
    path: '/auth/repositories/:name/images/:reference',
    access: 'everyone',
    Screen: lazyScreen(async () => (await import('./screens/image/image.tsx')).Image),
  },
  {
    path: '/auth/retention',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/retention/retention.tsx')).RetentionScreen),
  },
  {
    path: '/auth/rules',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/rules/rules.tsx')).Rules),
  },
  {
    path: '/auth/rules/preview',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/rules/rules-preview.tsx')).RulesPreview),
  },
  {
    path: '/auth/explain',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/explain/explain.tsx')).Explain),
  },
  {
    path: '/auth/explain/:id',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/explain/denial.tsx')).Denial),
  },
  {
    path: '/auth/audit',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/operations/audit.tsx')).Audit),
  },
  {
    path: '/auth/warnings',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/operations/warnings.tsx')).Warnings),
  },
  {
    path: '/auth/doctor',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/operations/doctor.tsx')).Doctor),
  },
  {
    path: '/auth/keys',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/operations/keys.tsx')).Keys),
  },
  {
    path: '/auth/guide',
    access: 'everyone',
    Screen: lazyScreen(async () => (await import('./screens/home/guide.tsx')).GuideScreen),
  },
  {
    path: '/auth/users',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/people/users.tsx')).UsersScreen),
  },
  {
    path: '/auth/users/:name',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/people/user.tsx')).UserScreen),
  },
  {
    path: '/auth/groups',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/people/groups.tsx')).GroupsScreen),
  },
  {
    path: '/auth/groups/:name',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/people/group.tsx')).GroupScreen),
  },
  {
    path: '/auth/robots',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/robots/robots.tsx')).RobotsScreen),
  },
  {
    path: '/auth/robots/:name',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/robots/robot.tsx')).RobotScreen),
  },
  {
    path: '/auth/trust',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/trust/trust-rules.tsx')).TrustRulesScreen),
  },
  {
    path: '/auth/trust/add',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/trust/add-trust-rule.tsx')).AddTrustRule),
  },
  {
    path: '/auth/trust/test',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/trust/test-token.tsx')).TestToken),
  },
  {
    path: '/auth/trust/rules/:name',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/trust/trust-rule.tsx')).TrustRuleScreen),
  },
  {
    path: '/auth/grants',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/rights/grants.tsx')).GrantsScreen),
  },
  {
    path: '/auth/tokens',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/tokens/tokens.tsx')).TokensScreen),
  },
  {
    path: '/auth/sessions',
    access: 'administrators',
    Screen: lazyScreen(async () => (await import('./screens/tokens/sessions.tsx')).SessionsScreen),
  },
  {
    path: '/auth/profile',
    access: 'everyone',
    Screen: lazyScreen(async () => (await import('./screens/profile/profile.tsx')).ProfileScreen),
  },
];
