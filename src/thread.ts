import { Worker } from 'node:worker_threads';

/** What becomes of a question. */
export interface Asker<Answer> {
  done(answer: Answer): void;
  /** The thread has ended, or could not answer. */
  failed(error: unknown): void;
}

/**
 * A thread beside the event loop that answers what it is asked, in order. It starts with the first question, keeps the
 * process alive while it owes answers and no longer, and is started anew where it has ended.
 */
export class Thread<Question, Answer> {
  readonly #file: URL;
  readonly #data: unknown;
  #worker: Worker | undefined;
  #waiting: Asker<Answer>[] = [];

  /**
   * @param file see threadFile
   * @param data what the thread finds as `workerData`
   */
  constructor(file: URL, data?: unknown) {
    this.#file = threadFile(file);
    this.#data = data;
  }

  ask(question: Question, asker: Asker<Answer>): void {
    this.#worker ??= this.#start();
    this.#worker.postMessage(question);
    this.#worker.ref();
    this.#waiting.push(asker);
  }

  async end(): Promise<void> {
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = new Worker(this.#file, { workerData: this.#data });
    worker.unref();
    worker.on('message', (answer: Answer) => {
      const asker = this.#waiting.shift();
      if (this.#waiting.length === 0) worker.unref();
      asker?.done(answer);
    });
    worker.on('error', (error) => this.#ended(worker, error));
    worker.on('exit', () => this.#ended(worker, new Error(`${this.#file.pathname} has ended`)));
    return worker;
  }

  /** Told twice, and perhaps late: what its successor has under way is no matter of this one. */
  #ended(worker: Worker, error: unknown): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    const waiting = this.#waiting;
    this.#waiting = [];
    for (const { failed } of waiting) failed(error);
  }
}

/** @param file ends with `.js`. @returns what a thread runs: read from source, as tests do, the `.ts` beside it */
export function threadFile(file: URL): URL {
  return import.meta.url.endsWith('.ts') ? new URL(file.href.replace(/\.js$/, '.ts')) : file;
}
