import { lazyScreen } from '../../state/lazy-screen.tsx';

/** The pulls over time. Its file is loaded with its first use. */
export const LazyPullsPlot = lazyScreen(async () => (await import('./pulls-plot.tsx')).PullsPlot);
