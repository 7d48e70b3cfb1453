import { defineConfig } from 'vitest/config';

const isCi = process.env['CI'] === 'true';
const globalSetup = ['test/support/run/whole-run.ts'];
const setupFiles = ['test/support/run/after-file.ts'];
/** A worker loads modules once instead of once for each file: that was a third of the time of a run. */
const isolate = false;

export default defineConfig({
  test: {
    reporters: ['default'],
    // As many as the smallest machine that runs them has cores.
    maxWorkers: 2,
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
          testTimeout: 20_000,
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
          testTimeout: 30_000,
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
          testTimeout: 30_000,
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
          testTimeout: 60_000 + 2000 * Number(process.env['DOCKPASS_FUZZ_SECONDS'] ?? 0),
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
          testTimeout: 120_000,
          hookTimeout: 180_000,
          sequence: { groupOrder: 1 },
        },
      },
    ],
  },
});
