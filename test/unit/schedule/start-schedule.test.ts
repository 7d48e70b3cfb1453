import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { parseCron, type CronExpression } from '../../../src/schedule/cron-expression.ts';
import { startSchedule, type Job } from '../../../src/schedule/start-schedule.ts';

const minuteMs = 60_000;
const hourMs = 60 * minuteMs;

beforeEach(() => void vi.useFakeTimers({ now: new Date('2026-11-29T02:00:00') }));
afterEach(() => void vi.useRealTimers());

function cron(text: string): CronExpression {
  const expression = parseCron(text);
  if (typeof expression === 'string') throw new Error(expression);
  return expression;
}

/** Starts a schedule that writes down what happens. A job runs for as long as it is told to. */
function start(
  jobs: Readonly<Record<string, { at: string | undefined; takesMs?: number; fails?: boolean }>>,
) {
  const log: string[] = [];
  const note = (text: string): void => void log.push(`${new Date().toTimeString().slice(0, 5)} ${text}`);
  const list = Object.entries(jobs).map(([name, settings]): Job => ({
    name,
    at: () => (settings.at === undefined ? undefined : cron(settings.at)),
    run: async (signal) => {
      note(`${name} begins`);
      if (settings.fails === true) throw new Error('no registry');
      if (settings.takesMs === undefined) return;
      await new Promise<void>((resolve) => {
        setTimeout(resolve, settings.takesMs);
        signal.addEventListener('abort', () => resolve());
      });
      note(`${name} ends`);
    },
  }));
  const stop = startSchedule(list, Date.now, {
    onFailure: ({ name }, error) => note(`${name} fails: ${String(error)}`),
    onSkip: ({ name }, why) => note(`${name} skipped, because ${why}`),
  });
  return { log, stop, jobs };
}

test('runs a job each time it is due, and no more after the stop', async () => {
  const { log, stop } = start({ plan: { at: '0 3,4 * * *' } });
  await vi.advanceTimersByTimeAsync(2 * hourMs);
  expect(log).toEqual(['03:00 plan begins', '04:00 plan begins']);
  await stop();
  await vi.advanceTimersByTimeAsync(48 * hourMs);
  expect(log).toHaveLength(2);
});

test('runs a job again after a failure', async () => {
  const { log, stop } = start({ plan: { at: '*/30 * * * *', fails: true } });
  await vi.advanceTimersByTimeAsync(hourMs);
  expect(log).toEqual([
    '02:30 plan begins',
    '02:30 plan fails: Error: no registry',
    '03:00 plan begins',
    '03:00 plan fails: Error: no registry',
  ]);
  await stop();
});

test('skips a job whose last run has not ended', async () => {
  const { log, stop } = start({ gc: { at: '*/10 * * * *', takesMs: 15 * minuteMs } });
  await vi.advanceTimersByTimeAsync(35 * minuteMs);
  expect(log).toEqual([
    '02:10 gc begins',
    '02:20 gc skipped, because its last run has not ended',
    '02:25 gc ends',
    '02:30 gc begins',
  ]);
  await stop();
});

test('runs one job after the other if both are due', async () => {
  const { log, stop } = start({
    plan: { at: '0 3 * * *', takesMs: 90 * minuteMs },
    gc: { at: '0 4 * * *', takesMs: minuteMs },
  });
  await vi.advanceTimersByTimeAsync(3 * hourMs);
  expect(log).toEqual(['03:00 plan begins', '04:30 plan ends', '04:30 gc begins', '04:31 gc ends']);
  await stop();
});

test('runs jobs of two schedules one after the other, and stops while one waits', async () => {
  const first = start({ plan: { at: '0 3 * * *', takesMs: 90 * minuteMs } });
  const second = start({ gc: { at: '0 4 * * *', takesMs: minuteMs } });
  const third = start({ other: { at: '0 4 * * *' } });
  await vi.advanceTimersByTimeAsync(2.25 * hourMs);
  await third.stop();
  await vi.advanceTimersByTimeAsync(hourMs);
  expect(first.log).toEqual(['03:00 plan begins', '04:30 plan ends']);
  expect(second.log).toEqual(['04:30 gc begins', '04:31 gc ends']);
  expect(third.log).toEqual([]);
  await first.stop();
  await second.stop();
});

test('tells a running job to stop, and waits for it', async () => {
  const { log, stop } = start({ gc: { at: '0 3 * * *', takesMs: 10 * hourMs } });
  await vi.advanceTimersByTimeAsync(hourMs);
  await stop();
  expect(log).toEqual(['03:00 gc begins', '03:00 gc ends']);
});

test('follows a changed expression', async () => {
  const { log, stop, jobs } = start({ plan: { at: undefined } });
  await vi.advanceTimersByTimeAsync(hourMs);
  Object.assign(jobs['plan'] ?? {}, { at: '15 3 * * *' });
  await vi.advanceTimersByTimeAsync(hourMs);
  expect(log).toEqual(['03:15 plan begins']);
  await stop();
});

test('runs a job once if the clock is set back a little after it', async () => {
  const { log, stop } = start({ plan: { at: '0 3 * * *' } });
  await vi.advanceTimersByTimeAsync(hourMs);
  vi.setSystemTime(new Date('2026-11-29T02:50:00'));
  await vi.advanceTimersByTimeAsync(20 * minuteMs);
  expect(log).toEqual(['03:00 plan begins']);
  await vi.advanceTimersByTimeAsync(24 * hourMs);
  expect(log).toEqual(['03:00 plan begins', '03:00 plan begins']);
  await stop();
});

test('runs a job at its next time if the clock is set back by a year', async () => {
  const { log, stop } = start({ plan: { at: '0 3 * * *' } });
  await vi.advanceTimersByTimeAsync(hourMs);
  vi.setSystemTime(new Date('2025-11-29T02:50:00'));
  await vi.advanceTimersByTimeAsync(20 * minuteMs);
  expect(log).toEqual(['03:00 plan begins', '03:00 plan begins']);
  await stop();
});

test('skips a job if the clock is set forward far beyond its time', async () => {
  const { log, stop } = start({ plan: { at: '0 3 * * *' } });
  vi.setSystemTime(new Date('2026-11-29T09:00:00'));
  await vi.advanceTimersByTimeAsync(minuteMs);
  expect(log).toEqual([
    `09:00 plan skipped, because its time ${new Date('2026-11-29T03:00:00').toISOString()} has passed`,
  ]);
  await stop();
});

test('runs a job late if the clock is set forward a little beyond its time', async () => {
  const { log, stop } = start({ plan: { at: '0 3 * * *' } });
  vi.setSystemTime(new Date('2026-11-29T03:20:00'));
  await vi.advanceTimersByTimeAsync(minuteMs);
  expect(log).toEqual(['03:20 plan begins']);
  await stop();
});

test('does not keep the process alive', () => {
  vi.useRealTimers();
  const before = process.getActiveResourcesInfo().filter((name) => name === 'Timeout').length;
  const { stop } = start({ plan: { at: '0 3 * * *' } });
  // Timers without a reference are not listed.
  expect(process.getActiveResourcesInfo().filter((name) => name === 'Timeout')).toHaveLength(before);
  void stop();
});
