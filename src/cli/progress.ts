/** Milliseconds before the first progress line of a task is shown, and between two updates of this line. */
const intervalMs = 1000;

/**
 * Runs `work` and returns its result. If `work` takes longer than a second and stderr is a terminal, shows a progress
 * line on stderr, such as `Copying the database (3 s)`, and erases the line when `work` ends.
 * @param label the name of the task, such as `Copying the database`
 * @param detail a function that is called at each update of the line. It returns what the task is working on, such as
 *   the name of a table.
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
    // If the previous line was longer, overwrite its rest with spaces. Spaces also work in terminals that do not
    // support escape sequences.
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
