import * as fc from 'fast-check';
import { expect, test } from 'vitest';
import { parseCron, type CronExpression } from '../../../src/schedule/cron-expression.ts';
import { nextTime } from '../../../src/schedule/next-time.ts';

const minuteMs = 60_000;

function parsed(text: string): CronExpression {
  const expression = parseCron(text);
  if (typeof expression === 'string') throw new Error(expression);
  return expression;
}

test.each([
  ['0 3 * *', 'must be a cron expression with five fields'],
  ['0 0 3 * * *', 'must be a cron expression with five fields'],
  ['', 'must be a cron expression with five fields'],
  ['daily', 'must be a cron expression with five fields'],
  ['60 3 * * *', 'its minute is "60". Use numbers from 0 to 59'],
  ['0 24 * * *', 'its hour is "24". Use numbers from 0 to 23'],
  ['0 3 0 * *', 'its day of the month is "0". Use numbers from 1 to 31'],
  ['0 3 * 13 *', 'its month is "13". Use numbers from 1 to 12, or names such as feb'],
  ['0 3 * * friday', 'its day of the week is "friday". Use numbers from 0 to 7, or names such as mon'],
  ['0 3 1,,2 * *', 'its day of the month is "1,,2"'],
  ['0 3 L * *', 'its day of the month is "L"'],
  ['0 22-2 * * *', 'its hour has the range 22-2, which ends before it begins. Write two ranges: 22-23,0-2'],
  ['*/0 3 * * *', 'its minute has the step "*/0"'],
  ['5/10 3 * * *', 'its minute has the step "5/10"'],
  ['0 3 30 2 *', 'must name a day that exists. No month in "2" has a day 30'],
  ['0 3 31 4,6 *', 'must name a day that exists'],
])('rejects %j and says what is wrong', (text, wanted) => {
  expect(parseCron(text)).toContain(wanted);
});

test.each([
  ['0 3 * * *', '2026-11-30T03:00:00'],
  ['0 4 * * 0', '2026-12-06T04:00:00'],
  ['0 4 * * 7', '2026-12-06T04:00:00'],
  ['30 1 1 jan *', '2027-01-01T01:30:00'],
  ['0 3 29 2 *', '2028-02-29T03:00:00'],
  ['0 3 30 2 mon', '2027-02-01T03:00:00'],
  ['*/20 * * * *', '2026-11-29T22:40:00'],
  ['0 0 13 * FRI', '2026-12-04T00:00:00'],
  ['@daily', '2026-11-30T00:00:00'],
  ['  0   3 * * mon-fri ', '2026-11-30T03:00:00'],
])('%j is due at %s in local time', (text, wanted) => {
  const after = new Date('2026-11-29T22:20:00').getTime();
  expect(nextTime(parsed(text), after)).toBe(new Date(wanted).getTime());
});

/** A field as text, with the values that it allows. */
function field(min: number, max: number): fc.Arbitrary<{ text: string; values: number[] }> {
  const range = (from: number, to: number, step = 1): number[] =>
    Array.from({ length: Math.floor((to - from) / step) + 1 }, (_, at) => from + at * step);
  const number = fc.integer({ min, max });
  const item = fc.oneof(
    number.map((value) => ({ text: String(value), values: [value] })),
    fc.tuple(number, number, fc.integer({ min: 1, max: 5 })).map(([one, other, step]) => {
      const [from, to] = [Math.min(one, other), Math.max(one, other)];
      return { text: `${from}-${to}/${step}`, values: range(from, to, step) };
    }),
    fc.integer({ min: 1, max: 7 }).map((step) => ({ text: `*/${step}`, values: range(min, max, step) })),
  );
  return fc.oneof(
    fc.constant({ text: '*', values: range(min, max) }),
    fc.array(item, { minLength: 1, maxLength: 3 }).map((items) => ({
      text: items.map(({ text }) => text).join(','),
      values: items.flatMap(({ values }) => values),
    })),
  );
}

test('is due at the first minute that all fields allow', () => {
  const expressions = fc.tuple(field(0, 59), field(0, 23), field(1, 31), field(1, 12), field(0, 6));
  const times = fc.integer({ min: Date.UTC(2025, 0), max: Date.UTC(2028, 0) });
  fc.assert(
    fc.property(expressions, times, (all, after) => {
      const [minutes, hours, days, months, weekdays] = all;
      const expression = parseCron(all.map(({ text }) => text).join(' '));
      fc.pre(typeof expression !== 'string');
      const next = nextTime(expression as CronExpression, after);
      const isDue = (at: number): boolean => {
        const date = new Date(at);
        const [isDay, isWeekday] = [
          days.values.includes(date.getDate()),
          weekdays.values.includes(date.getDay()),
        ];
        // crontab(5): a field that begins with a star does not choose days.
        const isOneOf = days.text !== '*' && weekdays.text !== '*';
        return (
          minutes.values.includes(date.getMinutes()) &&
          hours.values.includes(date.getHours()) &&
          months.values.includes(date.getMonth() + 1) &&
          (isOneOf ? isDay || isWeekday : isDay && isWeekday)
        );
      };
      expect(isDue(next)).toBe(true);
      let at = Math.floor(after / minuteMs) * minuteMs + minuteMs;
      // A year has too many minutes to look at each.
      for (let count = 0; count < 500 && at < next; count++, at += minuteMs) expect(isDue(at)).toBe(false);
    }),
    { numRuns: 100 },
  );
});

test.each([
  // In Berlin, there was no 2:30 on 30 March 2025, and 2:30 came twice on 26 October 2025.
  ['30 2 * * *', '2025-03-29T12:00:00Z', ['2025-03-30T01:00:00Z', '2025-03-31T00:30:00Z']],
  ['30 2 * * *', '2025-10-25T12:00:00Z', ['2025-10-26T00:30:00Z', '2025-10-27T01:30:00Z']],
])('%s is due once on each day on which the clocks change', (text, after, wanted) => {
  const zone = process.env['TZ'];
  try {
    process.env['TZ'] = 'Europe/Berlin';
    const first = nextTime(parsed(text), Date.parse(after));
    expect([first, nextTime(parsed(text), first)].map((at) => at)).toEqual(
      wanted.map((at) => Date.parse(at)),
    );
  } finally {
    if (zone === undefined) delete process.env['TZ'];
    else process.env['TZ'] = zone;
  }
});
