/** What one actor did with an image on one day. */
export interface Cell {
  /** The day of the month, 1 to 31, in UTC. */
  readonly day: number;
  /** The id of the actor in the table usage_actors. */
  readonly actor: number;
  readonly pulls: number;
  /** The second of the day, 0 to 86,399. Undefined if there was no pull. */
  readonly lastPull: number | undefined;
  readonly pushes: number;
  readonly lastPush: number | undefined;
}

/**
 * Encodes the cells of a month. A cell takes about 7 bytes, because a year with 100 million pulls must fit into 2 GiB.
 * Cells are sorted by day and actor. All numbers are variable-length integers (7 bits in each byte, lowest first):
 * - the difference to the day before, times 4; plus 1 if there is a pull, plus 2 if there is a push
 * - the difference to the actor before if the day is the same, or else the actor
 * - for a pull, the number of pulls and the second of the last one; then the same for a push
 */
export function encodeCells(cells: readonly Cell[]): Uint8Array {
  const sorted = [...cells].sort((a, b) => a.day - b.day || a.actor - b.actor);
  const bytes: number[] = [];
  let before = { day: 0, actor: 0 };
  for (const { day, actor, pulls, lastPull, pushes, lastPush } of sorted) {
    const marks = (lastPull === undefined ? 0 : 1) + (lastPush === undefined ? 0 : 2);
    write(bytes, (day - before.day) * 4 + marks);
    write(bytes, day === before.day ? actor - before.actor : actor);
    if (lastPull !== undefined) {
      write(bytes, pulls);
      write(bytes, lastPull);
    }
    if (lastPush !== undefined) {
      write(bytes, pushes);
      write(bytes, lastPush);
    }
    before = { day, actor };
  }
  return Buffer.from(bytes);
}

/** The inverse of {@link encodeCells}. */
export function decodeCells(bytes: Uint8Array): Cell[] {
  const cells: Cell[] = [];
  visitCells(bytes, (day, actor, pulls, pushes, lastPull, lastPush) =>
    cells.push({ day, actor, pulls, lastPull, pushes, lastPush }),
  );
  return cells;
}

/** Receives the members of one cell. */
export type CellVisitor = (
  day: number,
  actor: number,
  pulls: number,
  pushes: number,
  lastPull: number | undefined,
  lastPush: number | undefined,
) => void;

/** Calls a function for each cell. Creates no objects, because the months of many images have millions of cells. */
export function visitCells(bytes: Uint8Array, visit: CellVisitor): void {
  let at = 0;
  const read = (): number => {
    let value = 0;
    for (let factor = 1; ; factor *= 128) {
      const byte = bytes[at++] ?? 0;
      value += (byte & 127) * factor;
      if (byte < 128) return value;
    }
  };
  let dayBefore = 0;
  let actorBefore = 0;
  while (at < bytes.length) {
    const head = read();
    const day = dayBefore + Math.floor(head / 4);
    const actor = read() + (day === dayBefore ? actorBefore : 0);
    const hasPull = (head & 1) !== 0;
    const pulls = hasPull ? read() : 0;
    const lastPull = hasPull ? read() : undefined;
    const hasPush = (head & 2) !== 0;
    const pushes = hasPush ? read() : 0;
    const lastPush = hasPush ? read() : undefined;
    visit(day, actor, pulls, pushes, lastPull, lastPush);
    dayBefore = day;
    actorBefore = actor;
  }
}

function write(bytes: number[], value: number): void {
  let rest = value;
  while (rest >= 128) {
    bytes.push((rest % 128) + 128);
    rest = Math.floor(rest / 128);
  }
  bytes.push(rest);
}
