/** Lets the callers with the same key run one after the other, in the order in which they came. */
export interface Turns {
  /**
   * Takes the next turn for a key.
   * @returns undefined if too many callers wait already
   */
  take(key: string): Turn | undefined;
}

export interface Turn {
  /** Resolves when all turns that were taken before have ended. */
  readonly begun: Promise<void>;
  /** Ends the turn. A caller that no longer wants to wait can also end it before it has begun. */
  end(): void;
}

/** @param maxWaiting the number of callers that may wait for the same key */
export function createTurns(maxWaiting: number): Turns {
  const lines = new Map<string, { last: Promise<void>; length: number }>();
  return {
    take: (key) => {
      const line = lines.get(key) ?? { last: Promise.resolve(), length: 0 };
      if (line.length > maxWaiting) return undefined;
      const begun = line.last;
      const { promise, resolve } = Promise.withResolvers<undefined>();
      line.length++;
      line.last = begun.then(async () => {
        await promise;
        line.length--;
        if (line.length === 0) lines.delete(key);
      });
      lines.set(key, line);
      return { begun, end: () => resolve(undefined) };
    },
  };
}
