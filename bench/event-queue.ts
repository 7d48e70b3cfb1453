/**
 * A queue of events in the order of their time, as a binary heap. Events at the same time leave the queue in the order
 * in which they were added.
 */
export class EventQueue<Event> {
  #heap: { time: number; order: number; event: Event }[] = [];
  #order = 0;

  /** The time of the next event. Infinity if the queue is empty. */
  get nextTime(): number {
    return this.#heap[0]?.time ?? Infinity;
  }

  put(time: number, event: Event): void {
    const heap = this.#heap;
    const entry = { time, order: this.#order++, event };
    let at = heap.push(entry) - 1;
    while (at > 0) {
      const parent = (at - 1) >> 1;
      const above = heap[parent];
      if (above === undefined || isBefore(above, entry)) break;
      heap[at] = above;
      at = parent;
    }
    heap[at] = entry;
  }

  take(): Event | undefined {
    const heap = this.#heap;
    const [first] = heap;
    const last = heap.pop();
    if (first === undefined || last === undefined || heap.length === 0) return first?.event;
    let at = 0;
    for (;;) {
      const left = 2 * at + 1;
      const one = heap[left];
      if (one === undefined) break;
      const other = heap[left + 1];
      const [child, entry] = other !== undefined && isBefore(other, one) ? [left + 1, other] : [left, one];
      if (isBefore(last, entry)) break;
      heap[at] = entry;
      at = child;
    }
    heap[at] = last;
    return first.event;
  }
}

interface Order {
  readonly time: number;
  readonly order: number;
}

function isBefore(one: Order, other: Order): boolean {
  return one.time < other.time || (one.time === other.time && one.order < other.order);
}
