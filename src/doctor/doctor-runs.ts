import { runDoctor, type Diagnosis, type DoctorOptions } from './doctor.ts';

/** The result of a run of doctor, with the time of the run, so that everyone sees how old the result is. */
export interface DoctorRun extends Diagnosis {
  /** In milliseconds since the epoch. */
  readonly startedAt: number;
  readonly finishedAt: number;
}

export interface DoctorRuns {
  /**
   * Runs doctor. There is one run at a time, because two runs would upload data to the same scratch repository. If a
   * run with the same value of `readOnly` is in progress, its result is returned. Otherwise, a new run begins when the
   * run in progress has ended. A finished run is never returned again.
   */
  run(options: DoctorOptions): Promise<DoctorRun>;
}

/** @param diagnose tests pass another function than `runDoctor` */
export function createDoctorRuns(diagnose: typeof runDoctor = runDoctor): DoctorRuns {
  const open = new Map<boolean, Promise<DoctorRun>>();
  let last: Promise<unknown> = Promise.resolve();

  const begin = async (options: DoctorOptions): Promise<DoctorRun> => {
    const startedAt = options.clock();
    const diagnosis = await diagnose(options);
    return { ...diagnosis, startedAt, finishedAt: options.clock() };
  };

  return {
    run: (options) => {
      const known = open.get(options.readOnly);
      if (known !== undefined) return known;
      const run = last
        .catch(() => undefined)
        .then(() => begin(options))
        .finally(() => open.delete(options.readOnly));
      open.set(options.readOnly, run);
      last = run;
      return run;
    },
  };
}
