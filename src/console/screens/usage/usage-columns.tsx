import type { UnusedItem, UsageCounts, UsageItem } from '../../api/usage-types.ts';
import type { Column } from '../../components/data/data-table.tsx';
import { Badge } from '../../components/text/badge.tsx';
import { Time } from '../../components/text/time.tsx';
import { formatCount } from '../../model/usage/describe-series.ts';
import { LastBy, UsedImage } from './usage-cells.tsx';

const lastPull: Column<UsageCounts> = {
  label: 'Last pull',
  render: ({ lastPulledAt, lastPulledBy }) => <LastBy at={lastPulledAt} by={lastPulledBy} />,
};
const lastPush: Column<UsageCounts> = {
  label: 'Last push',
  render: ({ lastPushedAt, lastPushedBy }) => <LastBy at={lastPushedAt} by={lastPushedBy} />,
};

export interface UsageColumnsOptions {
  /** True leaves out the name of the repository. */
  readonly isOneRepository?: boolean;
  /** True leaves out who it was, because the counts and times are those of one subject. */
  readonly isOneSubject?: boolean;
}

/** The columns of images that were used. */
export function usageColumns({
  isOneRepository = false,
  isOneSubject = false,
}: UsageColumnsOptions): readonly Column<UsageItem>[] {
  return [
    { label: 'Image', isName: true, render: (item) => <UsedImage {...item} isShort={isOneRepository} /> },
    { label: 'Pulls', isNumber: true, render: ({ pulls }) => formatCount(pulls) },
    isOneSubject ? { ...lastPull, render: ({ lastPulledAt }) => <Time value={lastPulledAt} /> } : lastPull,
    { label: 'Pushes', isNumber: true, render: ({ pushes }) => formatCount(pushes) },
    isOneSubject ? { ...lastPush, render: ({ lastPushedAt }) => <Time value={lastPushedAt} /> } : lastPush,
    {
      label: 'Domain',
      render: ({ domain }) =>
        domain === 'public' ? <Badge kind="accent">public</Badge> : <span class="muted">private</span>,
    },
  ];
}

/** The columns of tags that no one pulls. */
export function unusedColumns({
  isOneRepository = false,
}: UsageColumnsOptions): readonly Column<UnusedItem>[] {
  return [
    {
      label: 'Image',
      isName: true,
      render: (item) => <UsedImage {...item} digest={null} isShort={isOneRepository} />,
    },
    lastPull,
    lastPush,
  ];
}
