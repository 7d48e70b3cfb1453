import { DockpassError } from '../../errors.ts';

/** Parses the value of `--limit`. @throws DockpassError `bad_usage` */
export function readLimit(text: string): number {
  if (/^[1-9]\d{0,5}$/.test(text)) return Number(text);
  throw new DockpassError(
    'bad_usage',
    `--limit must be a whole number from 1 to 999999, not ${JSON.stringify(text.slice(0, 80))}`,
  );
}
