/**
 * Runs a benchmark. If it fails, prints the error and sets the exit status.
 * @param usage printed too if the error is a TypeError, which means that an option is wrong
 */
export async function runBenchmark(usage: string, run: () => Promise<void>): Promise<void> {
  try {
    await run();
  } catch (error) {
    process.stderr.write(`${error instanceof TypeError ? `${error.message}\n\n${usage}` : String(error)}\n`);
    process.exitCode = 1;
  }
}
