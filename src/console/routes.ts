import type { ComponentType } from 'preact';
import { lazyScreen } from './state/lazy-screen.tsx';

/** The parameters of a path and of the query: `params.name` for `:name`. Values are decoded. */
export interface ScreenProps {
  readonly params: Readonly<Record<string, string>>;
}

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
];
