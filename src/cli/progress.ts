/** Milliseconds until the first line of progress, and between two updates. */
const intervalMs = 1000;

/**
 * Shows on stderr that long work is still running: `Copying the database (3 s)`. It shows nothing if stderr is not a
 * terminal, or if the work takes less than a second. The line is gone when the work ends.
 * @param label what runs, such as `Copying the database`
 * @param detail asked at each update: how far the work is, such as `users: 1200 rows`
 */
export async function withProgress<Result>(
  label: string,
  work: () => Promise<Result>,
  detail: () => string = () => '',
): Promise<Result> {
  if (!process.stderr.isTTY) return work();
  const startedAt = performance.now();
  let shownLength = 0;
  const show = (text: string): void => {
    // Spaces cover the longer line before, also on a terminal without escape sequences.
    process.stderr.write(`\r${text.padEnd(shownLength)}`);
    shownLength = text.length;
  };
  const timer = setInterval(() => {
    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const more = detail();
    show(`${label} (${seconds} s${more === '' ? '' : `, ${more}`})`);
  }, intervalMs);
  try {
    return await work();
  } finally {
    clearInterval(timer);
    if (shownLength > 0) process.stderr.write(`\r${' '.repeat(shownLength)}\r`);
  }
}
