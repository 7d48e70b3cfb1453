/**
 * Records the key ids in the tokens and key sets of several servers, in the order in which a test received them. With
 * it, a test can check that each server publishes a signing key before a token of that key is issued.
 */
export interface KidJournal {
  /** Records that a server issued a token with this key id. */
  signed(server: number, kid: string): void;
  /**
   * Records the key ids in a key set that a server returned.
   * @param askedAt the value of `now()` when the key set was requested
   */
  shown(server: number, kids: readonly string[], askedAt: number): void;
  /** Returns the number of entries in the journal so far. */
  now(): number;
  /**
   * Returns a message for each recorded key set that lacks the id of a signing key, although a token of that key had
   * been recorded before the key set was requested.
   */
  shownTooLate(): readonly string[];
  /**
   * Returns how long it took until all servers signed with a key: the milliseconds between the first token with this
   * key id from the first server and the first such token from the last server. The key ids are in the order of their
   * first tokens.
   */
  spreads(): ReadonlyMap<string, number>;
  /** Returns the number of servers that issued tokens with this key id. */
  signers(kid: string): number;
  /** Returns the number of recorded key sets. */
  looks(): number;
}

export function kidJournal(): KidJournal {
  let entryCount = 0;
  const firstSigned = new Map<string, number>();
  const signers = new Map<string, Map<number, number>>();
  const looks: { server: number; kids: ReadonlySet<string>; askedAt: number }[] = [];
  return {
    signed: (server, kid) => {
      entryCount++;
      if (!firstSigned.has(kid)) firstSigned.set(kid, entryCount);
      const by = signers.get(kid) ?? new Map<number, number>();
      if (!by.has(server)) by.set(server, performance.now());
      signers.set(kid, by);
    },
    shown: (server, kids, askedAt) => {
      entryCount++;
      looks.push({ server, kids: new Set(kids), askedAt });
    },
    now: () => entryCount,
    shownTooLate: () =>
      looks.flatMap(({ server, kids, askedAt }) =>
        [...firstSigned]
          .filter(([kid, at]) => at <= askedAt && !kids.has(kid))
          .map(([kid]) => `a key set of server ${server} lacks ${kid}, which had already signed a token`),
      ),
    spreads: () =>
      new Map(
        [...signers].map(([kid, by]) => [kid, Math.max(...by.values()) - Math.min(...by.values())] as const),
      ),
    signers: (kid) => signers.get(kid)?.size ?? 0,
    looks: () => looks.length,
  };
}
