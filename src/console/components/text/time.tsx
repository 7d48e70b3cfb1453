const absolute = new Intl.DateTimeFormat('en-GB', {
  day: 'numeric',
  month: 'short',
  year: 'numeric',
  hour: '2-digit',
  minute: '2-digit',
  timeZoneName: 'short',
});

const relative = new Intl.RelativeTimeFormat('en', { numeric: 'auto' });

const units: readonly (readonly [Intl.RelativeTimeFormatUnit, number])[] = [
  ['year', 31_536_000],
  ['month', 2_592_000],
  ['day', 86_400],
  ['hour', 3600],
  ['minute', 60],
];

/** Formats a time in the zone of the browser, with the zone: `29 Nov 2026, 15:04 CET`. */
export function formatTime(value: string | number): string {
  return absolute.format(new Date(value));
}

/** Formats the distance of a time from now: `in 3 days`, `2 hours ago`, `just now`. */
export function formatDistance(value: string | number, now = Date.now()): string {
  const seconds = (new Date(value).getTime() - now) / 1000;
  for (const [unit, length] of units)
    if (Math.abs(seconds) >= length) return relative.format(Math.trunc(seconds / length), unit);
  return Math.abs(seconds) < 45 && seconds <= 0 ? 'just now' : relative.format(Math.trunc(seconds), 'second');
}

export interface TimeProps {
  /** RFC 3339, or null for never. */
  readonly value: string | null | undefined;
  /** Shown for null. */
  readonly never?: string;
  /** True also shows the distance from now. */
  readonly withDistance?: boolean;
}

/** A time with its zone. */
export function Time({ value, never = 'never', withDistance = false }: TimeProps) {
  if (value === null || value === undefined) return <span class="muted">{never}</span>;
  return (
    <time class="time" dateTime={value}>
      {formatTime(value)}
      {withDistance && <span class="muted"> ({formatDistance(value)})</span>}
    </time>
  );
}

const soonMs = 14 * 24 * 60 * 60 * 1000;

/** When something expires. The text says so if it has expired or expires within 14 days. */
export function Expiry({ value }: { readonly value: string | null }) {
  if (value === null) return <span class="muted">never</span>;
  const left = new Date(value).getTime() - Date.now();
  if (left > soonMs) return <Time value={value} />;
  return (
    <>
      <Time value={value} />
      <span class={left <= 0 ? 'cell-note danger-text' : 'cell-note warning-text'}>
        {left <= 0 ? 'expired' : `expires ${formatDistance(value)}`}
      </span>
    </>
  );
}

const date = new Intl.DateTimeFormat('en-GB', { day: 'numeric', month: 'short', year: 'numeric' });

/** The day of a time, for a table with many columns. The whole time is shown if the pointer rests on it. */
export function DateOf({ value, never }: { readonly value: string | null; readonly never: string }) {
  if (value === null) return <span class="muted">{never}</span>;
  return (
    <time class="time" dateTime={value} title={formatTime(value)}>
      {date.format(new Date(value))}
    </time>
  );
}

export interface LastUseProps {
  readonly at: string | null | undefined;
  readonly from: string | null | undefined;
}

/** When and from where something was last used. */
export function LastUse({ at, from }: LastUseProps) {
  return (
    <>
      <Time value={at} />
      {from && <span class="cell-note">from {from}</span>}
    </>
  );
}
