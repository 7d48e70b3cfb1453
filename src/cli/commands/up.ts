import { resolve } from 'node:path';
import { Command } from 'commander';
import { loadUpConfig } from '../../up/legacy-settings.ts';
import { stopWithNpx } from '../stop-with-npx.ts';
import { print, say } from '../output.ts';

interface UpOptions {
  readonly config?: string;
  readonly publicDomain?: readonly string[];
  readonly tls?: string;
  readonly port?: string;
  readonly storage?: string;
  readonly registry?: string;
  readonly edge?: string;
}

export function upCommand(): Command {
  return new Command('up')
    .description('registry, edge and token server together, in the foreground, as one thing')
    .option(
      '--public-domain <domain>',
      'a name under which anyone may pull; may be given again',
      collectOption,
    )
    .option('--tls <how>', 'self-signed, acme, CERTIFICATE,KEY (two PEM files) or off')
    .option('--port <port>', 'where the edge listens (else 5001)')
    .option('--storage <folder>', 'where the registry keeps its images')
    .option('--registry <path>', 'the registry program (else registry or docker-registry on PATH)')
    .option('--edge <path>', 'the edge program (else caddy or nginx on PATH)')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<UpOptions>();
      const source = { file: options.config, environment: process.env, flags: flagsOf(options) };
      const { config, admin } = await loadUpConfig(source);
      // Loaded late: a wrong configuration is told without.
      const [{ up }, { createLog }] = await Promise.all([
        import('../../up/up.ts'),
        import('../../observe/log.ts'),
      ]);
      stopWithNpx(process.env);
      await up({
        config,
        reload: async () => (await loadUpConfig(source)).config,
        admin,
        environment: process.env,
        registry: options.registry,
        edge: options.edge,
        log: createLog(),
        printStatus: say,
        print,
      });
    });
}

/** Paths on a command line start where the command was typed, not at the configuration file. */
function flagsOf({ publicDomain, tls, port, storage }: UpOptions): Record<string, unknown> {
  return {
    publicDomains: publicDomain,
    'up.tls': tls?.includes(',')
      ? tls
          .split(',')
          .map((path) => resolve(path.trim()))
          .join(',')
      : tls,
    'up.port': port,
    'up.storage': storage === undefined ? undefined : resolve(storage),
  };
}

export function collectOption(value: string, before: readonly string[] = []): string[] {
  return [...before, value];
}
