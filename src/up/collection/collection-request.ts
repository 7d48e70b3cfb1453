import { formatSize } from '../../size.ts';

/** What a person or the schedule asks of `dockpass up`. */
export interface CollectionRequest {
  /** True to find out what would be freed, without freeing it. */
  readonly dryRun: boolean;
  /** How long to wait for pushes that have begun, in milliseconds. */
  readonly waitMs: number;
  /** Who asks, for the audit log. */
  readonly actor: string;
}

export interface CollectionResult {
  readonly dryRun: boolean;
  /** How many blobs were deleted, or would be. */
  readonly blobs: number;
  /** The sum of their sizes. */
  readonly bytes: number;
}

/** How long `dockpass gc` waits for pushes if nothing else is said, in milliseconds. */
export const defaultWaitMs = 10 * 60 * 1000;

/** Describes the result, such as `12 blobs, 3.42 MB`. */
export function describeFreed({ blobs, bytes }: CollectionResult): string {
  return `${blobs} ${blobs === 1 ? 'blob' : 'blobs'}, ${formatSize(bytes)}`;
}
