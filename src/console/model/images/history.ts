import type { ImageConfiguration } from './configuration.ts';
import type { Descriptor } from './manifest.ts';

/** One step of the build of an image. */
export interface HistoryRow {
  /** Counted from 1. */
  readonly number: number;
  /** The step as a line of a Dockerfile, such as `RUN apt-get update`. Empty if the image does not say it. */
  readonly instruction: string;
  readonly createdAt: number | undefined;
  readonly comment: string | undefined;
  /** The layer that the step created. Undefined if it changed no file. */
  readonly layer: Descriptor | undefined;
}

/**
 * Joins the steps in the configuration of an image with the layers in its manifest: each step that changed files
 * created the next layer. If the numbers differ, for example because a tool joined layers, the layers without a step
 * follow at the end as rows of their own, so that each layer is in exactly one row.
 */
export function historyRows(
  { history }: Pick<ImageConfiguration, 'history'>,
  layers: readonly Descriptor[],
): readonly HistoryRow[] {
  let next = 0;
  const steps = history.map(({ createdBy, createdAt, comment, isEmpty }) => ({
    instruction: formatInstruction(createdBy),
    createdAt,
    comment,
    layer: isEmpty ? undefined : layers[next++],
  }));
  const others = layers
    .slice(next)
    .map((layer) => ({ instruction: '', createdAt: undefined, comment: undefined, layer }));
  return [...steps, ...others].map((row, at) => ({ number: at + 1, ...row }));
}

/**
 * Formats a build step as a line of a Dockerfile. The classic builder of docker writes `/bin/sh -c #(nop)  CMD ["sh"]`
 * and `/bin/sh -c apt-get update`; BuildKit writes `RUN /bin/sh -c apt-get update # buildkit`.
 */
export function formatInstruction(createdBy: string): string {
  const text = createdBy.trim().replace(/\s+# buildkit$/, '');
  const [, nop] = /^\/bin\/sh -c #\(nop\)\s+(.*)$/s.exec(text) ?? [];
  if (nop !== undefined) return nop;
  // `|2 A=1 B=2` lists the build arguments that were set.
  const [, run] = /^(?:RUN )?(?:\|\d+ .*?)?\/bin\/sh -c (.*)$/s.exec(text) ?? [];
  return run === undefined ? text : `RUN ${run.trim()}`;
}
