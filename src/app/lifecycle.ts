import { messageOf } from '../errors.ts';

/** A stack of everything that was opened. It is closed in reverse order, because later entries use earlier ones. */
export interface Lifecycle {
  /** Adds the function that closes what was just opened. */
  onClose(close: () => Promise<void> | void): void;
  /**
   * Closes all entries, one after the other, the last one first. If one cannot be closed, the others still are.
   * @throws the error of the entry that could not be closed, or an AggregateError if there were several
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
