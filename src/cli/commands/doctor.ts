import { InvalidArgumentError, type Command } from 'commander';
import { DockpassError } from '../../errors.ts';
import type { DoctorOptions } from '../actions/doctor.ts';
import { CliCommand } from '../cli-command.ts';
import { collectOption } from '../options/collect-option.ts';

export function doctorCommand(): Command {
  return new CliCommand('doctor')
    .description(
      'Check the configuration, keys, registry and edge, and suggest fixes. Exits with 1 if a problem is found',
    )
    .option('--registry <url>', 'Check the registry at this URL; can be repeated', collectUrl)
    .option(
      '--registry-config <file>',
      'Check that this configuration file of the registry matches the settings of dockpass',
    )
    .option(
      '--edge <url>',
      'Connect to the edge at this URL (scheme, address and port), without looking up its domains in DNS',
      url,
    )
    .option(
      '--resolve <host:port:address>',
      'For requests to this host and port, connect to this address without looking up the host in DNS; can be repeated',
      collectOption,
    )
    .option('--read-only', 'Skip the checks that create a robot account or upload data to the registry')
    .jsonOption()
    .examples(
      'dockpass doctor',
      'dockpass doctor --registry https://registry.example.com --json',
      'dockpass doctor --registry-config /etc/docker/registry/config.yml --read-only',
    )
    .action(async (options: DoctorOptions, command: Command) => {
      const { doctor } = await import('../actions/doctor.ts');
      await doctor(options, command);
    });
}

function collectUrl(text: string, before: readonly URL[] = []): URL[] {
  return [...before, url(text)];
}

/** Parses a URL. If the text has no scheme, as in `127.0.0.1:5000`, adds the scheme `http://`. */
function url(text: string): URL {
  const whole = /^https?:\/\//.test(text) ? text : `http://${text}`;
  if (!URL.canParse(whole)) throw new InvalidArgumentError('give a URL such as http://127.0.0.1:5000');
  const parsed = new URL(whole);
  if (parsed.username !== '' || parsed.password !== '')
    throw new DockpassError(
      'bad_usage',
      'the URLs in --registry and --edge must not contain a user name or a password: dockpass uses a token of its own',
    );
  return parsed;
}
