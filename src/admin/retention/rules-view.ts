import type { Config } from '../../config/load.ts';
import { formatDuration } from '../../config/values/duration.ts';

/** The configured rules of retention, as the API shows them. */
export interface RetentionView {
  readonly rules: readonly RetentionRuleView[];
  /** When plans are made. Null if only a person makes them. */
  readonly schedule: { readonly at: string; readonly apply: boolean } | null;
}

export interface RetentionRuleView {
  readonly number: number;
  readonly on: readonly string[];
  /** Null if the rule deletes no tag. Durations are written as in the configuration, such as `30d`. */
  readonly keep: {
    readonly newest: number | null;
    readonly pulledWithin: string | null;
    readonly pushedWithin: string | null;
    readonly tags: readonly string[];
  } | null;
  readonly untagged: string | null;
}

export function retentionView({
  retention,
  retentionSchedule: { at, apply },
}: Pick<Config, 'retention' | 'retentionSchedule'>): RetentionView {
  return {
    rules: retention.map(({ number, on, keep, untagged }) => ({
      number,
      on: on.map(({ text }) => text),
      keep:
        keep === undefined
          ? null
          : {
              newest: keep.newest ?? null,
              pulledWithin: durationOrNull(keep.pulledWithin),
              pushedWithin: durationOrNull(keep.pushedWithin),
              tags: keep.tags.map(({ text }) => text),
            },
      untagged: durationOrNull(untagged),
    })),
    schedule: at === null ? null : { at: at.text, apply },
  };
}

function durationOrNull(seconds: number | undefined): string | null {
  return seconds === undefined ? null : formatDuration(seconds);
}
