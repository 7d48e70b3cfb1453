import { EventQueue } from './event-queue.ts';
import { Fifo } from './fifo.ts';

/** Something that serves in the order of arrival: a process's event loop, its hashes, the database's connections. */
export interface Station {
  readonly name: string;
  readonly servers: number;
  /** How many may wait; who comes then is turned away. No bound unless said. */
  readonly room?: number;
}

export interface Visit {
  /** Its place in the list of stations. */
  readonly station: number;
  /** Seconds that a server of it is taken. */
  readonly seconds: number;
}

/** A request: what it needs, in this order. */
export interface Job {
  /** Seconds since the beginning. */
  readonly at: number;
  readonly visits: readonly Visit[];
  /** What it leaves to be done when it has been answered: rows to write. */
  readonly background?: readonly Visit[];
  /** Seconds after which one that was turned away comes again, whole; it gives up unless said. */
  readonly retryAfter?: number;
}

export interface StationResult {
  readonly name: string;
  /** Seconds of work done, by all servers together. */
  readonly busy: number;
  readonly longestQueue: number;
  /** Seconds. */
  readonly longestWait: number;
}

export interface Result {
  /** Seconds from a request's first try to its answer, by rank; 0.5 is the median. NaN where nobody was answered. */
  percentile(rank: number): number;
  /** Seconds since the beginning by which this part of all had their answer. */
  answeredBy(rank: number): number;
  readonly answered: number;
  /** Answers that said: come again later. */
  readonly turnedAway: number;
  /** Seconds since the beginning: the last answer, and the end of all work. */
  readonly lastAnswer: number;
  readonly end: number;
  readonly stations: readonly StationResult[];
}

interface Task {
  readonly job: Job;
  readonly visits: readonly Visit[];
  readonly isBackground: boolean;
  step: number;
  /** Is a server at work for it, or does it arrive? */
  isServed: boolean;
  arrivedAt: number;
}

/** Runs every job through its stations, event by event. Pure: the same jobs, the same result. Jobs come in order of time. */
export function simulate(stations: readonly Station[], jobs: Iterable<Job>): Result {
  const states = stations.map(({ name, servers, room = Infinity }) => ({
    name,
    free: servers,
    room,
    queue: new Fifo<Task>(),
    busy: 0,
    longestQueue: 0,
    longestWait: 0,
  }));
  const events = new EventQueue<Task>();
  const latencies: number[] = [];
  const answers: number[] = [];
  let turnedAway = 0;
  let lastAnswer = 0;
  let now = 0;

  const begin = (task: Task): void => {
    const visit = task.visits[task.step];
    const state = states[visit?.station ?? -1];
    if (visit === undefined || state === undefined)
      throw new RangeError('a job visits a station that is not there');
    state.free--;
    state.busy += visit.seconds;
    state.longestWait = Math.max(state.longestWait, now - task.arrivedAt);
    task.isServed = true;
    events.put(now + visit.seconds, task);
  };
  const arrive = (task: Task): void => {
    const state = states[task.visits[task.step]?.station ?? -1];
    task.isServed = false;
    task.arrivedAt = now;
    if (state === undefined || state.free > 0) return begin(task);
    if (state.queue.size < state.room) {
      state.queue.put(task);
      state.longestQueue = Math.max(state.longestQueue, state.queue.size);
      return;
    }
    turnedAway++;
    if (task.job.retryAfter === undefined) return;
    task.step = 0;
    events.put(now + task.job.retryAfter, task);
  };
  const leave = (task: Task): void => {
    const state = states[task.visits[task.step]?.station ?? -1];
    if (state !== undefined) {
      state.free++;
      const next = state.queue.take();
      if (next !== undefined) begin(next);
    }
    task.step++;
    if (task.step < task.visits.length) return arrive(task);
    if (task.isBackground) return;
    latencies.push(now - task.job.at);
    answers.push(now);
    lastAnswer = now;
    const { background = [] } = task.job;
    if (background.length > 0) arrive(newTask(task.job, background, true));
  };

  const arrivals = jobs[Symbol.iterator]();
  let arrival = arrivals.next();
  for (;;) {
    if (arrival.done !== true && arrival.value.at <= events.nextTime) {
      now = arrival.value.at;
      arrive(newTask(arrival.value, arrival.value.visits, false));
      arrival = arrivals.next();
      continue;
    }
    const time = events.nextTime;
    const task = events.take();
    if (task === undefined) break;
    now = time;
    if (task.isServed) leave(task);
    else arrive(task);
  }
  const sorted = Float64Array.from(latencies).sort();
  const at = (values: ArrayLike<number>, rank: number): number =>
    values[Math.max(0, Math.ceil(rank * values.length) - 1)] ?? Number.NaN;
  return {
    percentile: (rank) => at(sorted, rank),
    answeredBy: (rank) => at(answers, rank),
    answered: sorted.length,
    turnedAway,
    lastAnswer,
    end: now,
    stations: states.map(({ name, busy, longestQueue, longestWait }) => ({
      name,
      busy,
      longestQueue,
      longestWait,
    })),
  };
}

function newTask(job: Job, visits: readonly Visit[], isBackground: boolean): Task {
  return { job, visits, isBackground, step: 0, isServed: false, arrivedAt: job.at };
}
