import { expect, test } from 'vitest';
import type { TestModule, TestSpecification } from 'vitest/node';
import { progressReporter } from '../../support/progress/progress-reporter.ts';

/** Runs files of these projects, each `seconds` long, and returns the lines that the reporter prints. */
function linesOf(projects: readonly string[], seconds: number): string[] {
  let now = 1000;
  const lines: string[] = [];
  const reporter = progressReporter(
    () => now,
    (line) => void lines.push(line),
  );
  const files = projects.map((name) => ({ project: { name } }));
  reporter.onTestRunStart?.(files as TestSpecification[]);
  for (const file of files) {
    now += seconds;
    void reporter.onTestModuleEnd?.(file as TestModule);
  }
  return lines;
}

test('a run says at the start how long it takes, and then how far it is', () => {
  const lines = linesOf(Array<string>(12).fill('e2e'), 40);
  expect(lines[0]).toMatch(/^12 test files\. They take about 4 minutes on 2 cores/);
  expect(lines).toHaveLength(13);
  expect(lines[3]).toBe('3 of 12 test files are done after 2 minutes; about 6 minutes left');
  expect(lines[12]).toBe('12 of 12 test files are done after 8 minutes; about 0 seconds left');
});

test('files that end soon after each other share a line', () => {
  expect(linesOf(Array<string>(120).fill('unit'), 1)).toHaveLength(1 + 8);
});

test('a short run says nothing', () => {
  expect(linesOf(['unit', 'http'], 40)).toEqual([]);
});
