import { Worker } from 'node:worker_threads';

/** A caller that asked one question. It receives the answer, or the reason why the thread could not answer. */
export interface Asker<Answer> {
  done(answer: Answer): void;
  /** Called if the thread stops before it has answered the question. */
  failed(error: unknown): void;
}

/**
 * A worker thread that answers questions in the order in which they were asked. The first question starts the thread.
 * Unanswered questions keep the process alive. If the thread exits, the next question starts it again.
 */
export class Thread<Question, Answer> {
  readonly #file: URL;
  readonly #data: unknown;
  #worker: Worker | undefined;
  #hasEnded = false;
  #askers: Asker<Answer>[] = [];

  /**
   * @param file the script that the thread runs, see startWorker
   * @param data the `workerData` of the thread
   */
  constructor(file: URL, data?: unknown) {
    this.#file = file;
    this.#data = data;
  }

  ask(question: Question, asker: Asker<Answer>): void {
    if (this.#hasEnded) return asker.failed(new Error(`the thread ${this.#file.pathname} was stopped`));
    this.#worker ??= this.#start();
    this.#worker.postMessage(question);
    this.#worker.ref();
    this.#askers.push(asker);
  }

  /** Stops the thread for good. Unanswered questions fail, and so do later ones. */
  async end(): Promise<void> {
    this.#hasEnded = true;
    await this.#worker?.terminate();
  }

  #start(): Worker {
    const worker = startWorker(this.#file, this.#data);
    worker.unref();
    worker.on('message', (answer: Answer) => {
      // A worker that has failed can still deliver answers. Ignore them, because their askers have already received the
      // error.
      if (worker !== this.#worker) return;
      const asker = this.#askers.shift();
      if (this.#askers.length === 0) worker.unref();
      asker?.done(answer);
    });
    worker.on('error', (error) => this.#onExit(worker, error));
    worker.on('exit', () => this.#onExit(worker, new Error(`the thread ${this.#file.pathname} has exited`)));
    return worker;
  }

  /**
   * Reports an error to the askers of all unanswered questions. If a worker fails, this method is called twice for it:
   * for 'error' and then for 'exit'. The second call is ignored, because the next worker may have started between the
   * two calls, and its questions must not fail.
   */
  #onExit(worker: Worker, error: unknown): void {
    if (worker !== this.#worker) return;
    this.#worker = undefined;
    const askers = this.#askers;
    this.#askers = [];
    for (const { failed } of askers) failed(error);
  }
}

/**
 * Starts a worker thread.
 * @param file the URL of the `.js` file that the thread runs. If dockpass runs from its source, as in tests, the thread
 *   runs the `.ts` file with the same name
 */
export function startWorker(file: URL, workerData: unknown): Worker {
  const script = import.meta.url.endsWith('.ts') ? new URL(file.href.replace(/\.js$/, '.ts')) : file;
  return new Worker(script, { workerData });
}
