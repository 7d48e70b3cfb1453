import { EventQueue } from './event-queue.ts';
import { Fifo } from './fifo.ts';

/**
 * A queue with servers that process it in the order of arrival, such as the event loop of a process, or the connections
 * of a database.
 */
export interface Station {
  readonly name: string;
  readonly servers: number;
  /** How many jobs may wait. Further jobs are turned away. Default: no limit. */
  readonly room?: number;
}

export interface Visit {
  /** The index of the station in the list. */
  readonly station: number;
  /** Seconds for which a server of the station is busy. */
  readonly seconds: number;
}

/** A request and the stations that it visits, in this order. */
export interface Job {
  /** When the request arrives, in seconds since the beginning. */
  readonly at: number;
  readonly visits: readonly Visit[];
  /** Work that remains after the answer, such as rows to write. */
  readonly background?: readonly Visit[];
  /** If the request is turned away, it is sent again after this many seconds. Default: it is not sent again. */
  readonly retryAfter?: number;
}

export interface StationResult {
  readonly name: string;
  /** Seconds of work that all servers together have done. */
  readonly busy: number;
  readonly longestQueue: number;
  /** Seconds. */
  readonly longestWait: number;
}

export interface Result {
  /**
   * Seconds from the first attempt of a request to its answer, by rank; 0.5 is the median. NaN if there was no answer.
   */
  percentile(rank: number): number;
  /** Seconds since the beginning after which this fraction of all requests had an answer. */
  answeredBy(rank: number): number;
  readonly answered: number;
  /** How often a request was turned away. */
  readonly turnedAway: number;
  /** The time of the last answer, and of the end of all work, in seconds since the beginning. */
  readonly lastAnswer: number;
  readonly end: number;
  readonly stations: readonly StationResult[];
}

interface Task {
  readonly job: Job;
  readonly visits: readonly Visit[];
  readonly isBackground: boolean;
  step: number;
  /** True if a server finishes the job, false if the job arrives. */
  isServed: boolean;
  arrivedAt: number;
}

/**
 * Simulates all jobs, event by event. The function is pure: the same jobs give the same result.
 * @param jobs in the order of their arrival
 */
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
      throw new RangeError('a job visits a station that does not exist');
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
