import { messageOf } from '../errors.ts';

/**
 * A list of the resources that the server has opened. The resources are closed in the reverse order, because a resource
 * may use those that were opened earlier.
 */
export interface Lifecycle {
  /** Adds a function that closes a resource. Call this method immediately after opening the resource. */
  onClose(close: () => Promise<void> | void): void;
  /**
   * Closes all resources one after the other, the last one first. If a resource cannot be closed, the remaining
   * resources are still closed.
   * @throws the error of the resource that could not be closed, or an AggregateError if several resources could not be
   *   closed
   */
  close(): Promise<void>;
}

export function createLifecycle(): Lifecycle {
  const entries: (() => Promise<void> | void)[] = [];
  return {
    onClose: (close) => void entries.push(close),
    close: async () => {
      const errors: unknown[] = [];
      for (let close = entries.pop(); close !== undefined; close = entries.pop()) {
        try {
          await close();
        } catch (error) {
          errors.push(error);
        }
      }
      if (errors.length === 1) throw errors[0];
      if (errors.length > 1) throw new AggregateError(errors, errors.map(messageOf).join('; '));
    },
  };
}
