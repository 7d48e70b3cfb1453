import { quote } from './quote.ts';

/** Returns an option of a command with its value in quotes, or nothing if the value is empty. */
export function option(name: string, value: string): readonly string[] {
  return value.trim() === '' ? [] : [`${name} ${quote(value.trim())}`];
}
