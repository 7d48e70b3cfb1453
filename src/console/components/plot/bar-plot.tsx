import { useState } from 'preact/hooks';
import { countOf, describeSeries, formatCount } from '../../model/usage/describe-series.ts';
import { roundUp, type TimeSeries } from '../../model/usage/time-series.ts';
import { DataTable } from '../data/data-table.tsx';

const unitNames = { day: 'Day (UTC)', week: 'Week', month: 'Month' } as const;

/**
 * Pulls over time as bars. The image has a text alternative, and a table below it has all numbers. The width of the
 * drawing is one unit for each bar, and the browser stretches it, so that it fits any window.
 */
export function BarPlot({ series }: { readonly series: TimeSeries }) {
  const { buckets, unit } = series;
  const [pointed, setPointed] = useState<number>();
  const top = roundUp(Math.max(...buckets.map(({ pulls }) => pulls)));
  const shown = pointed === undefined ? undefined : buckets[pointed];
  const sum = (key: 'pulls' | 'pushes'): number => buckets.reduce((total, bucket) => total + bucket[key], 0);
  const text = shown ?? { label: 'In all', pulls: sum('pulls'), pushes: sum('pushes') };
  const middle = buckets[Math.floor(buckets.length / 2)];
  return (
    <figure class="plot">
      <figcaption class="plot-caption">
        <span>Pulls by {unit}</span>
        <span class="muted">
          {text.label}: {countOf(text.pulls, 'pull')}, {countOf(text.pushes, 'push', 'pushes')}
        </span>
      </figcaption>
      <div class="plot-area">
        <div class="plot-scale" aria-hidden="true">
          {[top, top / 2, 0].map((value) => (
            <span key={value}>{formatCount(value)}</span>
          ))}
        </div>
        <svg
          role="img"
          aria-label={describeSeries(series)}
          viewBox={`0 0 ${buckets.length} 100`}
          preserveAspectRatio="none"
          onPointerLeave={() => setPointed(undefined)}
        >
          {[0, 50, 100].map((y) => (
            <line key={y} class="plot-line" x1="0" x2={buckets.length} y1={y} y2={y} />
          ))}
          {buckets.map(({ label, pulls }, index) => (
            <g
              key={label}
              class={pointed === index ? 'plot-bar plot-bar-pointed' : 'plot-bar'}
              onPointerEnter={() => setPointed(index)}
            >
              <rect class="plot-hit" x={index} y="0" width="1" height="100" />
              {pulls > 0 && <rect {...barOf(index, pulls / top)} />}
            </g>
          ))}
        </svg>
        <div class="plot-times" aria-hidden="true">
          <span>{buckets[0]?.label}</span>
          {buckets.length > 6 && <span>{middle?.label}</span>}
          {buckets.length > 1 && <span>{buckets.at(-1)?.label}</span>}
        </div>
      </div>
      <details class="plot-table">
        <summary>Show the numbers as a table</summary>
        <DataTable
          caption={`Pulls and pushes by ${unit}`}
          rows={buckets}
          keyOf={({ label }) => label}
          columns={[
            { label: unitNames[unit], isName: true, render: ({ label }) => label },
            { label: 'Pulls', isNumber: true, render: ({ pulls }) => formatCount(pulls) },
            { label: 'Pushes', isNumber: true, render: ({ pushes }) => formatCount(pushes) },
          ]}
        />
      </details>
    </figure>
  );
}

/** Part of the width of a bar that stays empty at each side. */
const gap = 0.14;
/** The height of the lowest bar, in hundredths of the drawing, so that one pull can be seen. */
const minHeight = 1.5;

/** @param share the height, from 0 to 1 */
function barOf(index: number, share: number) {
  const height = Math.max(share * 100, minHeight);
  return { x: index + gap, y: 100 - height, width: 1 - 2 * gap, height };
}
