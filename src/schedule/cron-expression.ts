/** A valid cron expression with five fields: minute, hour, day of the month, month, day of the week. Local time. */
export interface CronExpression {
  readonly text: string;
  /** The text with five fields. It differs from `text` if that is a short form such as `@daily`. */
  readonly fields: string;
}

interface Field {
  readonly name: string;
  readonly min: number;
  readonly max: number;
  /** Names of values in lower case. The first is the name of `min`. */
  readonly names: readonly string[];
}

const months = ['jan', 'feb', 'mar', 'apr', 'may', 'jun', 'jul', 'aug', 'sep', 'oct', 'nov', 'dec'];
const fields: readonly Field[] = [
  { name: 'minute', min: 0, max: 59, names: [] },
  { name: 'hour', min: 0, max: 23, names: [] },
  { name: 'day of the month', min: 1, max: 31, names: [] },
  { name: 'month', min: 1, max: 12, names: months },
  { name: 'day of the week', min: 0, max: 7, names: ['sun', 'mon', 'tue', 'wed', 'thu', 'fri', 'sat'] },
];
const daysInMonth = [31, 29, 31, 30, 31, 30, 31, 31, 30, 31, 30, 31];

const shortForms: Readonly<Record<string, string>> = {
  '@hourly': '0 * * * *',
  '@daily': '0 0 * * *',
  '@midnight': '0 0 * * *',
  '@weekly': '0 0 * * 0',
  '@monthly': '0 0 1 * *',
  '@yearly': '0 0 1 1 *',
  '@annually': '0 0 1 1 *',
};

/**
 * Parses a cron expression, as crontab(5) describes it. A day is chosen if the day of the month or the day of the week
 * matches, unless one of them is `*`.
 * @returns the expression, or what is wrong with the text, which continues a sentence: `must be …`
 */
export function parseCron(text: string): CronExpression | string {
  const trimmed = text.trim();
  const written = Object.hasOwn(shortForms, trimmed.toLowerCase())
    ? (shortForms[trimmed.toLowerCase()] ?? '')
    : trimmed;
  const parts = written.split(/\s+/);
  if (parts.length !== fields.length)
    return 'must be a cron expression with five fields: minute, hour, day of the month, month, day of the week. For example, "0 3 * * *" is each day at 3:00';
  const values: ReadonlySet<number>[] = [];
  for (const [at, field] of fields.entries()) {
    const found = valuesOf(parts[at] ?? '', field);
    if (typeof found === 'string') return found;
    values.push(found);
  }
  const [, , days = new Set<number>(), monthNumbers = new Set<number>()] = values;
  if (
    parts[4] === '*' &&
    ![...monthNumbers].some((month) => Math.min(...days) <= (daysInMonth[month - 1] ?? 0))
  )
    return `must name a day that exists. No month in ${JSON.stringify(parts[3])} has a day ${Math.min(...days)}`;
  return { text: trimmed, fields: written };
}

/** Returns the values that a field allows, or what is wrong with it. */
function valuesOf(text: string, field: Field): ReadonlySet<number> | string {
  const { name, min, max, names } = field;
  const values = new Set<number>();
  for (const item of text.split(',')) {
    const [, range = '', stepText] = /^([^/]*)(?:\/(\d{1,4}))?$/.exec(item) ?? [];
    const [from = '', to, ...more] = range.split('-');
    const isAll = range === '*';
    const first = isAll ? min : numberOf(from, field);
    const last = isAll ? max : to === undefined ? first : numberOf(to, field);
    const step = stepText === undefined ? 1 : Number(stepText);
    if (first === undefined || last === undefined || more.length > 0) {
      const orNames = names.length === 0 ? '' : `, or names such as ${names[1]}`;
      return `must be a cron expression, but its ${name} is ${JSON.stringify(text)}. Use numbers from ${min} to ${max}${orNames}, lists such as 1,2, ranges such as 1-5, * or */2`;
    }
    if (first > last)
      return `must be a cron expression, but its ${name} has the range ${range}, which ends before it begins. Write two ranges: ${from}-${max},${min}-${to}`;
    if (step === 0 || step > max || (stepText !== undefined && !isAll && to === undefined))
      return `must be a cron expression, but its ${name} has the step ${JSON.stringify(item)}. Write */2 or a range such as ${min}-${max}/2, with a step from 1 to ${max}`;
    for (let value = first; value <= last; value += step) values.add(value);
  }
  return values;
}

function numberOf(text: string, { min, max, names }: Field): number | undefined {
  const named = names.indexOf(text.toLowerCase());
  const number = named >= 0 ? named + min : /^\d{1,2}$/.test(text) ? Number(text) : NaN;
  return number >= min && number <= max ? number : undefined;
}
