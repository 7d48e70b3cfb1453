import { styleText } from 'node:util';
import type { Command } from 'commander';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import type { Resolution } from '../../doctor/domains.ts';
import { isWrong, wrong, type Finding } from '../../doctor/finding.ts';
import { DockpassError } from '../../errors.ts';
import { configOf } from '../context.ts';
import { print, printJson, say } from '../output.ts';
import { withProgress } from '../progress.ts';
import { currentConfig } from '../running/current-config.ts';

export interface DoctorOptions {
  readonly registry?: readonly URL[];
  readonly registryConfig?: string;
  readonly edge?: URL;
  readonly resolve?: readonly string[];
  readonly readOnly?: boolean;
  readonly json?: boolean;
}

/** Runs the checks, prints what they found, and sets the exit status to 1 if there is a problem. */
export async function doctor(options: DoctorOptions, command: Command): Promise<void> {
  const findings = await withProgress('Checking', () => diagnose(options, command));
  if (options.json === true) printJson(findings.map(publicView));
  else findings.forEach(printFinding);
  const problemCount = findings.filter(isWrong).length;
  if (problemCount > 0) process.exitCode = 1;
  if (options.json !== true) say(summary(problemCount, findings.length - problemCount));
}

async function diagnose(options: DoctorOptions, command: Command): Promise<readonly Finding[]> {
  const { runDoctor } = await import('../../doctor/doctor.ts');
  let config: Config;
  try {
    config = await configOf(command);
  } catch (error) {
    if (!(error instanceof DockpassError) || error.code !== 'bad_configuration') throw error;
    return error.message.split('\n').flatMap(configurationFinding);
  }
  const current = await currentConfig(config);
  const { findings, skipped, checked } = await runDoctor({
    config: current.config,
    edge: current.server?.program === 'up' ? 'own edge' : 'other edge',
    environment: process.env,
    clock: systemClock,
    registries: options.registry ?? [],
    registryConfig: options.registryConfig,
    overrides: { edge: options.edge, resolve: await resolutions(options.resolve ?? []) },
    readOnly: options.readOnly === true,
  });
  for (const what of checked) say(`checked: ${what}`);
  if (skipped !== undefined) say(skipped);
  return findings;
}

function configurationFinding(line: string): Finding[] {
  return wrong('configuration', {
    problem: `${line}.`,
    impact: 'dockpass does not start with this configuration, and doctor could not check anything else.',
    fix: 'Correct the setting, then run "dockpass check" to validate the configuration.',
  });
}

async function resolutions(texts: readonly string[]): Promise<Resolution[]> {
  const { parseResolution } = await import('../../doctor/domains.ts');
  return texts.map((text) => {
    const resolution = parseResolution(text);
    if (resolution === undefined)
      throw new DockpassError(
        'bad_usage',
        `--resolve ${text}: give HOST:PORT:ADDRESS, such as pull.example.com:443:192.0.2.7`,
      );
    return resolution;
  });
}

/** Returns the fields of a finding of doctor that `--json` prints. Other programs rely on the names of these fields. */
function publicView({ code, severity, problem, impact, fix }: Finding): Finding {
  return { code, severity, problem, impact, fix };
}

function printFinding({ code, severity, problem, impact, fix }: Finding): void {
  const colour = severity === 'wrong' ? 'red' : 'yellow';
  // `print` would escape the control characters that set the colour.
  process.stdout.write(`${styleText(colour, severity, { stream: process.stdout })} [${code}]\n`);
  print(`  Problem: ${problem}`);
  print(`  Impact: ${impact}`);
  print(`  Fix: ${fix}`);
  print('');
}

function summary(problemCount: number, warningCount: number): string {
  if (problemCount === 0 && warningCount === 0) return 'no problems found';
  const parts = [
    ...(problemCount > 0 ? [count(problemCount, 'problem')] : []),
    ...(warningCount > 0 ? [count(warningCount, 'warning')] : []),
  ];
  return `${parts.join(', ')}. docs/doctor.md describes each code. Fix the first finding, then run "dockpass doctor" again.`;
}

function count(number: number, noun: string): string {
  return `${number} ${noun}${number === 1 ? '' : 's'}`;
}
