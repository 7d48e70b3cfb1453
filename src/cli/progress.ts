/** Milliseconds from the start of a task to the first progress line, and from each update of that line to the next. */
const intervalMs = 1000;

/**
 * Shows on stderr that a long task is still running, with a line such as `Copying the database (3 s)`. Shows nothing if
 * stderr is not a terminal, or if the task takes less than a second. Erases the line when the task ends.
 * @param label the name of the task, such as `Copying the database`
 * @param detail called at each update. Returns the progress of the task, such as `users: 1200 rows`.
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
    // Overwrite the rest of a longer previous line with spaces, because they also work in terminals without escape
    // sequences.
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
