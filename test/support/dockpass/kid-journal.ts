/** What was seen of key ids, in the order in which it was seen. */
export interface KidJournal {
  /** A token with this key id has come. */
  signed(server: number, kid: string): void;
  /** A key set has come that was asked for when the journal stood at `askedAt`. */
  shown(server: number, kids: readonly string[], askedAt: number): void;
  /** The journal's place now. */
  now(): number;
  /** Every look at a key set, asked for after a token of a leaf had come, that did not show the leaf. */
  shownTooLate(): readonly string[];
  /** By key id, in order of the first token: milliseconds from there to the last server's first token. */
  spreads(): ReadonlyMap<string, number>;
  signers(kid: string): number;
  /** How often a key set was looked at. */
  looks(): number;
}

export function kidJournal(): KidJournal {
  let place = 0;
  const firstSigned = new Map<string, number>();
  const signers = new Map<string, Map<number, number>>();
  const looks: { server: number; kids: ReadonlySet<string>; askedAt: number }[] = [];
  return {
    signed: (server, kid) => {
      place++;
      if (!firstSigned.has(kid)) firstSigned.set(kid, place);
      const by = signers.get(kid) ?? new Map<number, number>();
      if (!by.has(server)) by.set(server, performance.now());
      signers.set(kid, by);
    },
    shown: (server, kids, askedAt) => {
      place++;
      looks.push({ server, kids: new Set(kids), askedAt });
    },
    now: () => place,
    shownTooLate: () =>
      looks.flatMap(({ server, kids, askedAt }) =>
        [...firstSigned]
          .filter(([kid, at]) => at <= askedAt && !kids.has(kid))
          .map(([kid]) => `server ${server} did not show ${kid}, which signed already`),
      ),
    spreads: () =>
      new Map(
        [...signers].map(([kid, by]) => [kid, Math.max(...by.values()) - Math.min(...by.values())] as const),
      ),
    signers: (kid) => signers.get(kid)?.size ?? 0,
    looks: () => looks.length,
  };
}
