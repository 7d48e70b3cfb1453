import Database from 'better-sqlite3';
import { Worker } from 'node:worker_threads';
import type { AuditEvent } from '../observe/audit-event.ts';
import type { AuditGroup, AuditGroupWritten } from './sqlite-audit-worker.ts';

/** Events. Fewer are written where they are: a thread costs some megabytes, and a quiet server never needs it. */
export const worthAThread = 200;

export interface AuditWriter {
  append(events: readonly AuditEvent[]): Promise<void>;
  close(): Promise<void>;
}

/** Under load the audit log takes as much time as the tokens themselves: a thread of its own takes it off them. */
export function sqliteAuditWriter(path: string): AuditWriter {
  let thread: Worker | undefined;
  let lastId = 0;
  const waiting = new Map<number, { done: () => void; failed: (error: unknown) => void }>();

  /** The next group starts another, which the end of this one, told twice, is no matter to. */
  const end = (worker: Worker, error: unknown): void => {
    if (worker !== thread) return;
    for (const { failed } of waiting.values()) failed(error);
    waiting.clear();
    thread = undefined;
  };
  const start = (): Worker => {
    // From source, as tests run it, or built: the worker has the same ending as this file.
    const file = import.meta.url.endsWith('.ts') ? './sqlite-audit-worker.ts' : './sqlite-audit-worker.js';
    const worker = new Worker(new URL(file, import.meta.url), { workerData: path });
    worker.on('message', ({ id, error }: AuditGroupWritten) => {
      const group = waiting.get(id);
      waiting.delete(id);
      if (waiting.size === 0) worker.unref();
      if (error === undefined) group?.done();
      else group?.failed(new Database.SqliteError(error.message, error.code));
    });
    worker.on('error', (error) => end(worker, error));
    worker.on('exit', () => end(worker, new Error('the thread that writes the audit log has ended')));
    return worker;
  };
  return {
    append: (events) =>
      new Promise((done, failed) => {
        thread ??= start();
        // A group under way keeps the process alive until it is written.
        thread.ref();
        const id = ++lastId;
        waiting.set(id, { done, failed });
        thread.postMessage({ id, events: JSON.stringify(events) } satisfies AuditGroup);
      }),
    close: async () => {
      await thread?.terminate();
    },
  };
}
