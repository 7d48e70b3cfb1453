import { LocationProvider, Route, Router, useLocation } from 'preact-iso/router';
import { useRef } from 'preact/hooks';
import { Shell } from './components/layout/shell.tsx';
import { Plain } from './components/layout/plain.tsx';
import { ErrorState, Skeleton } from './components/feedback/states.tsx';
import { screenRoutes } from './routes.ts';
import { NotFound } from './screens/session/not-found.tsx';
import { SignIn } from './screens/session/sign-in.tsx';
import { countNavigation } from './state/navigation-count.ts';
import { SessionProvider, useMe, useSession } from './state/session.tsx';
import { lazyScreen } from './state/lazy-screen.tsx';
import { ToastProvider } from './state/toasts.tsx';

const Setup = lazyScreen(async () => (await import('./screens/session/setup.tsx')).Setup);

/** The console. */
export function App() {
  return (
    <LocationProvider scope={consoleLinks}>
      <ToastProvider>
        <SessionProvider>
          <Root />
        </SessionProvider>
      </ToastProvider>
    </LocationProvider>
  );
}

/** Links that the router follows. The browser loads all others, for example downloads of the API. */
const consoleLinks = /^\/auth(?:\/(?!api\/|assets\/|jwks|token)|$)/;

/** A router of preact-iso inside of another one sees only the rest of the path, so there is one router only. */
function Root() {
  const { path } = useLocation();
  const last = useRef(path);
  // During rendering, because the new page reads the count in its first effect.
  if (last.current !== path) countNavigation();
  last.current = path;
  return path === '/auth/setup' ? <Setup /> : <Gate />;
}

function Gate() {
  const { state, refresh } = useSession();
  switch (state.kind) {
    case 'loading':
      return (
        <Plain>
          <Skeleton lines={3} label="Loading the console" />
        </Plain>
      );
    case 'failed':
      return (
        <Plain title="The console cannot be used now">
          <ErrorState error={state.error} onRetry={() => void refresh()} />
        </Plain>
      );
    case 'signed out':
      return <SignIn because={state.because} />;
    case 'signed in':
      return (
        <Shell>
          <Screens />
        </Shell>
      );
  }
}

function Screens() {
  const { isAdministrator } = useMe();
  const visible = screenRoutes.filter(({ access }) => access === 'everyone' || isAdministrator);
  return (
    <Router>
      {visible.map(({ path, Screen }) => (
        <Route key={path} path={path} component={Screen} />
      ))}
      <Route default component={NotFound} />
    </Router>
  );
}
