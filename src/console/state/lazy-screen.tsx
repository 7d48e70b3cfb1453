import type { ComponentType } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { ApiError } from '../api/problem.ts';
import { ErrorState, Skeleton } from '../components/feedback/states.tsx';

type Load<P> = () => Promise<ComponentType<P>>;

/**
 * Creates a component that loads the file of a screen with its first use. If the file cannot be loaded, for example
 * because the server was upgraded while the console was open, it says so and offers to load the page again.
 */
export function lazyScreen<P extends object>(load: Load<P>): ComponentType<P> {
  let loaded: ComponentType<P> | undefined;
  return function LazyScreen(props: P) {
    const [Screen, setScreen] = useState<ComponentType<P> | undefined>(() => loaded);
    const [hasFailed, setFailed] = useState(false);
    useEffect(() => {
      if (Screen !== undefined) return;
      load().then(
        (component) => {
          loaded = component;
          setScreen(() => component);
        },
        () => setFailed(true),
      );
    }, []);
    if (hasFailed)
      return (
        <ErrorState
          error={
            new ApiError({
              status: 0,
              code: 'screen',
              message:
                'This part of the console could not be loaded. If dockpass was upgraded, load the page again.',
            })
          }
          onRetry={() => location.reload()}
        />
      );
    if (Screen === undefined) return <Skeleton lines={6} />;
    // Another repository or user is another page: its heading gets the focus, and nothing of the old page stays.
    return <Screen key={'params' in props ? JSON.stringify(props.params) : ''} {...props} />;
  };
}
