import { expect } from 'vitest';

/** Expects that opening a database fails with the code `database` and a message of one line. @returns the message */
export async function refusalOf(opening: Promise<unknown>): Promise<string> {
  const error = await opening.then(
    () => undefined,
    (refused: unknown) => refused as Error,
  );
  expect(error).toMatchObject({ code: 'database' });
  expect(error?.message.split('\n')).toHaveLength(1);
  return error?.message ?? '';
}
