import { Command, InvalidArgumentError } from 'commander';
import { systemClock } from '../../clock.ts';
import type { Config } from '../../config/load.ts';
import type { Resolution } from '../../doctor/domains.ts';
import { isWrong, wrong, type Finding } from '../../doctor/finding.ts';
import { DockpassError } from '../../errors.ts';
import { configOf } from '../context.ts';
import { print, printJson, say } from '../output.ts';

interface DoctorOptions {
  readonly registry?: readonly URL[];
  readonly registryConfig?: string;
  readonly edge?: URL;
  readonly resolve?: readonly string[];
  readonly readOnly?: boolean;
  readonly json?: boolean;
}

export function doctorCommand(): Command {
  return new Command('doctor')
    .description(
      'what is wrong with configuration, keys, registry and edge, and the mend; status 1 if anything is',
    )
    .option('--registry <url>', 'the registry itself, or the edge; may be given again', collectUrl)
    .option('--registry-config <file>', "the registry's own configuration file, to compare with")
    .option('--edge <url>', 'scheme, address and port of the edge, whatever DNS says', url)
    .option('--resolve <host:port:address>', 'an address for one name, whatever DNS says', collect)
    .option('--read-only', 'upload nothing')
    .option('--json', 'for programs')
    .action(async (options: DoctorOptions, command: Command) => {
      const findings = await diagnose(options, command);
      if (options.json === true) printJson(findings);
      else findings.forEach(tell);
      const faults = findings.filter(isWrong).length;
      if (faults > 0) process.exitCode = 1;
      if (options.json !== true) say(summary(faults, findings.length - faults));
    });
}

async function diagnose(options: DoctorOptions, command: Command): Promise<readonly Finding[]> {
  const { runDoctor } = await import('../../doctor/doctor.ts');
  let config: Config;
  try {
    config = await configOf(command);
  } catch (error) {
    if (!(error instanceof DockpassError) || error.code !== 'bad_configuration') throw error;
    return error.message.split('\n').flatMap(configurationFault);
  }
  return runDoctor({
    config,
    environment: process.env,
    clock: systemClock,
    registries: options.registry ?? [],
    registryConfig: options.registryConfig,
    ways: { edge: options.edge, resolve: await resolutions(options.resolve ?? []) },
    readOnly: options.readOnly === true,
  });
}

function configurationFault(line: string): Finding[] {
  return wrong('configuration', {
    problem: `${line}.`,
    impact: 'dockpass does not start with this configuration, and nothing else could be looked at.',
    fix: 'Correct it; dockpass check shows whether all is right then.',
  });
}

async function resolutions(texts: readonly string[]): Promise<Resolution[]> {
  const { parseResolution } = await import('../../doctor/domains.ts');
  return texts.map((text) => {
    const resolution = parseResolution(text);
    if (resolution === undefined)
      throw new DockpassError(
        'bad_usage',
        `--resolve ${text}: give HOST:PORT:ADDRESS, as pull.example.com:443:192.0.2.7`,
      );
    return resolution;
  });
}

/** A paragraph: what was seen, why it matters, the mend. */
function tell({ code, severity, problem, impact, fix }: Finding): void {
  print(`${severity}: ${problem} [${code}]`);
  print(`  ${impact}`);
  print(`  Mend: ${fix}`);
  print('');
}

function summary(faults: number, warnings: number): string {
  if (faults === 0 && warnings === 0) return 'nothing is wrong';
  const parts = [
    ...(faults > 0 ? [`${faults} wrong`] : []),
    ...(warnings > 0 ? [`${warnings} to be aware of`] : []),
  ];
  return `${parts.join(', ')}. Each code has a section in docs/doctor.md; mend the first, then run doctor again.`;
}

function collectUrl(text: string, before: readonly URL[] = []): URL[] {
  return [...before, url(text)];
}

function url(text: string): URL {
  const whole = /^https?:\/\//.test(text) ? text : `http://${text}`;
  if (!URL.canParse(whole)) throw new InvalidArgumentError('give a URL such as http://127.0.0.1:5000');
  return new URL(whole);
}

function collect(text: string, before: readonly string[] = []): string[] {
  return [...before, text];
}
