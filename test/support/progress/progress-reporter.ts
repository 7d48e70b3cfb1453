import type { Reporter, TestModule, TestSpecification } from 'vitest/node';

/**
 * How many seconds a test file of each project usually takes on a machine with two cores that has nothing else to do.
 * Files of `e2e` run one after the other, all others in pairs.
 */
const usualSeconds: Readonly<Record<string, number>> = { unit: 0.6, process: 4, http: 1.4, fuzz: 4, e2e: 20 };

/** The seconds between two lines about the progress. */
const interval = 15;
/** A run that usually takes fewer seconds than this prints nothing. */
const shortRun = 60;

/**
 * Creates a reporter of vitest that says at the start about how long a run takes, and then how far it is. It prints
 * nothing for a run of less than a minute.
 * @param now the time in seconds
 */
export function progressReporter(
  now: () => number = () => performance.now() / 1000,
  print: (line: string) => void = (line) => console.log(line),
): Reporter {
  let total = { files: 0, seconds: 0 };
  let done = { files: 0, seconds: 0 };
  let [startedAt, printedAt] = [0, 0];
  return {
    onTestRunStart: (specifications: readonly TestSpecification[]) => {
      const seconds = specifications.reduce((sum, { project }) => sum + usualSecondsOf(project.name), 0);
      total = { files: specifications.length, seconds };
      done = { files: 0, seconds: 0 };
      startedAt = printedAt = now();
      if (seconds < shortRun) return;
      const usual = formatMinutes(seconds);
      print(
        `${total.files} test files. They take about ${usual} on 2 cores, and longer if the machine is busy.`,
      );
    },
    onTestModuleEnd: ({ project }: TestModule) => {
      done = { files: done.files + 1, seconds: done.seconds + usualSecondsOf(project.name) };
      if (total.seconds < shortRun || now() - printedAt < interval) return;
      printedAt = now();
      const elapsed = printedAt - startedAt;
      // The remaining files are assumed to be as much slower or faster than usual as the files so far.
      const left = (elapsed / done.seconds) * (total.seconds - done.seconds);
      print(
        `${done.files} of ${total.files} test files are done after ${formatMinutes(elapsed)}; about ${formatMinutes(left)} left`,
      );
    },
  };
}

function usualSecondsOf(project: string): number {
  return usualSeconds[project] ?? 1;
}

function formatMinutes(seconds: number): string {
  if (seconds < 90) return `${Math.ceil(seconds)} seconds`;
  return `${Math.round(seconds / 60)} minutes`;
}
