import { defineConfig } from 'vitest/config';
import { progressReporter } from './test/support/progress/progress-reporter.ts';

const isCi = process.env['CI'] === 'true';
const globalSetup = ['test/support/run/whole-run.ts'];
const setupFiles = ['test/support/run/after-file.ts'];
/** A worker loads modules once instead of once for each file: that was a third of the time of a run. */
const isolate = false;

/**
 * Time limits only end tests that hang. They are long, so that no test fails because the machine is busy: with several
 * runs at once on two cores, a test can take ten times as long as usual.
 */
const limits = {
  testTimeout: 120_000,
  hookTimeout: 300_000,
  expect: { poll: { timeout: 60_000, interval: 20 } },
};

export default defineConfig({
  test: {
    reporters: ['default', progressReporter()],
    // As many as the smallest machine that runs them has cores. In CI one more, because many tests wait for other programs.
    maxWorkers: isCi ? 3 : 2,
    // The shared docker engine has containers to stop.
    teardownTimeout: 60_000,
    // A test marked .only that is committed by mistake would silence all others.
    allowOnly: !isCi,
    projects: [
      {
        test: {
          name: 'unit',
          globalSetup,
          setupFiles,
          isolate,
          include: ['test/unit/**/*.test.ts'],
          ...limits,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          // Tests that start child processes: the command line, databases, edges that check a file.
          name: 'process',
          globalSetup,
          setupFiles,
          isolate,
          include: ['test/process/**/*.test.ts'],
          ...limits,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'http',
          globalSetup,
          setupFiles,
          isolate,
          include: ['test/{http,spec}/**/*.test.ts'],
          ...limits,
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          // Hostile inputs, chosen at random: each file attacks one parser. `npm run test:fuzz` runs them for longer.
          name: 'fuzz',
          globalSetup,
          setupFiles,
          isolate,
          include: ['test/fuzz/**/*.test.ts'],
          ...limits,
          testTimeout: 120_000 + 2000 * Number(process.env['DOCKPASS_FUZZ_SECONDS'] ?? 0),
          sequence: { groupOrder: 0 },
        },
      },
      {
        test: {
          name: 'e2e',
          globalSetup,
          setupFiles,
          include: ['test/e2e/**/*.test.ts'],
          // Registries, edges and engines of two files at once would only wait for each other on two cores, and
          // ports that are fixed by contract (5000 to 5003) can be held by one file alone.
          fileParallelism: false,
          ...limits,
          testTimeout: 300_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
