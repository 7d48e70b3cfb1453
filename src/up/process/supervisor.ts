import { closeSync, openSync } from 'node:fs';
import { DockpassError } from '../../errors.ts';

/** Something that runs and can be stopped. `died` is for what may end unasked. */
export interface Member {
  readonly name: string;
  readonly died?: Promise<DockpassError>;
  stop(): Promise<void>;
}

/** Somebody asked for the end: no fault. */
export class StopRequested extends Error {}

/** Parts that live and die as one. */
export interface Supervisor {
  add(member: Member): void;
  /**
   * The work's result, unless a member dies or the end is asked for before: then this rejects, and the work is told to
   * give up, or it would keep the process alive.
   */
  during<Result>(work: (giveUp: AbortSignal) => Promise<Result>): Promise<Result>;
  /** Rejects with {@link StopRequested}, or with the error of the first member that died. */
  readonly end: Promise<never>;
  /** The last that came goes first; each is gone before the next is stopped. */
  stop(): Promise<void>;
}

export function createSupervisor(): Supervisor {
  const members: Member[] = [];
  let reject: (reason: Error) => void = () => {};
  const end = new Promise<never>((_resolve, rejectEnd) => (reject = rejectEnd));
  const over = new AbortController();
  // Without a listener, an early end would count as unhandled, too.
  end.catch(() => over.abort());
  const ask = (): void => reject(new StopRequested());
  const signals = ['SIGTERM', 'SIGINT'] as const;
  for (const signal of signals) process.on(signal, ask);
  // SIGHUP says two things: read your files again, or that the terminal was closed, which ends what runs there.
  const hadTerminal = hasTerminal();
  const hangUp = (): void => {
    if (hadTerminal && !hasTerminal()) ask();
  };
  process.on('SIGHUP', hangUp);
  return {
    end,
    during: (work) => Promise.race([work(over.signal), end]),
    add: (member) => {
      members.push(member);
      void member.died?.then((error) => reject(error));
    },
    stop: async () => {
      // A signal during this changes nothing: what is under way still finishes.
      for (const member of members.splice(0).reverse()) await member.stop();
      for (const signal of signals) process.off(signal, ask);
      process.off('SIGHUP', hangUp);
    },
  };
}

/** Of the session that this process belongs to (tty(4)). */
function hasTerminal(): boolean {
  try {
    closeSync(openSync('/dev/tty', 'r'));
    return true;
  } catch {
    return false;
  }
}
