import type { Query } from '../../api/client.ts';
import { readAll } from '../../api/read-all.ts';
import { useAsync } from '../../api/use-async.ts';
import type { UsageDay } from '../../api/usage-types.ts';
import { firstDayOf, type Period, sinceOf } from '../../model/usage/filters.ts';
import { createTimeSeries } from '../../model/usage/time-series.ts';
import { ErrorState, Skeleton } from '../feedback/states.tsx';
import { BarPlot } from './bar-plot.tsx';

export interface PullsPlotProps {
  readonly period: Period;
  /** Selects what is counted: `repository`, `by`. */
  readonly query: Query;
}

/** The pulls over time, read from the API. */
export function PullsPlot({ period, query }: PullsPlotProps) {
  const wanted = { ...query, since: sinceOf(period) };
  const { data, error, reload } = useAsync(JSON.stringify(wanted), () =>
    readAll<UsageDay>('/usage/days', wanted),
  );
  if (error !== undefined) return <ErrorState error={error} onRetry={reload} />;
  if (data === undefined) return <Skeleton lines={6} label="Loading the pulls over time" />;
  // Without any use, the page says so below.
  if (data.length === 0) return null;
  const now = new Date();
  const today = now.toISOString().slice(0, 10);
  return <BarPlot series={createTimeSeries(data, firstDayOf(period, now), today)} />;
}
