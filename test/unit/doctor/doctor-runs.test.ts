import { expect, test } from 'vitest';
import { createDoctorRuns } from '../../../src/doctor/doctor-runs.ts';
import type { Diagnosis, DoctorOptions } from '../../../src/doctor/doctor.ts';

const diagnosis: Diagnosis = { findings: [], skipped: undefined, checked: [] };

/** Runs that end when the test says so. */
function controlledRuns() {
  const open: { readonly options: DoctorOptions; readonly end: () => void; readonly fail: () => void }[] = [];
  let time = 0;
  const runs = createDoctorRuns(
    (options) =>
      new Promise((resolve, reject) => {
        open.push({ options, end: () => resolve(diagnosis), fail: () => reject(new Error('failed')) });
      }),
  );
  const run = (readOnly: boolean) =>
    runs.run({ readOnly, clock: () => ++time } as Partial<DoctorOptions> as DoctorOptions);
  return { open, run };
}

const settled = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test('a second caller joins the run in progress, and a finished run is not returned again', async () => {
  const { open, run } = controlledRuns();
  const [first, second] = [run(false), run(false)];
  await settled();
  expect(open).toHaveLength(1);
  open[0]?.end();
  expect(await first).toEqual({ ...diagnosis, startedAt: 1, finishedAt: 2 });
  expect(await second).toBe(await first);
  const third = run(false);
  await settled();
  expect(open).toHaveLength(2);
  open[1]?.end();
  expect((await third).startedAt).toBe(3);
});

test('a run that may write waits for one that may not, and the other way round', async () => {
  const { open, run } = controlledRuns();
  const runs = [run(true), run(false), run(true), run(false)];
  await settled();
  expect(open.map(({ options }) => options.readOnly)).toEqual([true]);
  open[0]?.end();
  await runs[0];
  await settled();
  expect(open.map(({ options }) => options.readOnly)).toEqual([true, false]);
  open[1]?.end();
  await Promise.all(runs);
});

test('a failed run is reported to its callers, and the next one begins', async () => {
  const { open, run } = controlledRuns();
  const failing = run(false);
  const waiting = run(true);
  await settled();
  open[0]?.fail();
  await expect(failing).rejects.toThrow('failed');
  await settled();
  open[1]?.end();
  await waiting;
});
