import { resolve } from 'node:path';
import type { Command } from 'commander';
import type { SystemUsers } from '../../up/process/system-user.ts';
import { CliCommand } from '../cli-command.ts';
import { collectOption } from '../options/collect-option.ts';
import { print, say } from '../output.ts';
import { stopWithNpx } from '../stop-with-npx.ts';
import { describeVersion } from '../version.ts';

interface UpOptions {
  readonly config?: string;
  readonly publicDomain?: readonly string[];
  readonly tls?: string;
  readonly port?: string;
  readonly storage?: string;
  readonly registry?: string;
  readonly edge?: string;
}

/** @param users the users as whom the registry and the edge can run */
export function upCommand(users?: SystemUsers): Command {
  return new CliCommand('up')
    .description('Run registry, edge (reverse proxy) and token server together in the foreground')
    .option('--public-domain <domain>', 'Let anyone pull under this domain; can be repeated', collectOption)
    .option(
      '--tls <how>',
      'Set the certificate of the edge: self-signed, acme, CERTIFICATE,KEY (two PEM files) or off',
    )
    .option('--port <port>', 'Let the edge listen on this port (default: 5001)')
    .option('--storage <folder>', 'Store the images of the registry in this folder')
    .option('--registry <path>', 'Run this registry program (default: registry or docker-registry on PATH)')
    .option('--edge <path>', 'Run this edge program (default: caddy or nginx on PATH)')
    .examples('dockpass up', 'dockpass up --public-domain pub.example.com --tls acme --port 443')
    .action(async (_options: unknown, command: Command) => {
      const options = command.optsWithGlobals<UpOptions>();
      const source = { file: options.config, environment: process.env, flags: flagsOf(options) };
      const { loadUpConfig } = await import('../../up/legacy-settings.ts');
      const { config, admin } = await loadUpConfig(source);
      // Import these modules only after the configuration is loaded, so that an error in the configuration is reported
      // without waiting for the imports.
      const [{ up }, { createLog }, { ignoredServiceLinks }, { describeServiceLinks }] = await Promise.all([
        import('../../up/up.ts'),
        import('../../observe/log.ts'),
        import('../../config/environment.ts'),
        import('../../net/service-links.ts'),
      ]);
      stopWithNpx(process.env);
      const log = createLog();
      const links = ignoredServiceLinks(process.env);
      if (links.length > 0) log.info(describeServiceLinks(links));
      await up({
        config,
        reload: async () => (await loadUpConfig(source)).config,
        admin,
        environment: process.env,
        registry: options.registry,
        edge: options.edge,
        users,
        log,
        describeVersion,
        printStatus: say,
        print,
      });
    });
}

/**
 * Returns the settings that the flags set. Makes all paths absolute, because a relative path in a flag is relative to
 * the current folder, but a relative path in a setting is relative to the folder of dockpass.yml.
 */
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
