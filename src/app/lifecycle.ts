import { messageOf } from '../errors.ts';

/**
 * A stack of the resources that were opened. They are closed in reverse order, because later resources use earlier
 * ones.
 */
export interface Lifecycle {
  /** Adds the function that closes a resource that was just opened. */
  onClose(close: () => Promise<void> | void): void;
  /**
   * Closes all resources one after the other, the last one first. If a resource cannot be closed, the others are still
   * closed.
   * @throws the error of the resource that could not be closed, or an AggregateError if there were several
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
