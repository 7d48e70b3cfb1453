import { Option, type Command } from 'commander';
import type { InitOptions } from '../actions/init.ts';
import { CliCommand } from '../cli-command.ts';
import { edgeKinds } from '../init/edge-kinds.ts';
import { collectOption } from '../options/collect-option.ts';

export function initCommand(): Command {
  return new CliCommand('init')
    .description(
      'Write dockpass.yml, registry-config.yml and the configuration of the edge (reverse proxy). If you run init at a terminal without options, init asks for the settings. With --config, init uses the settings of that file and writes no new dockpass.yml',
    )
    .option('--public-domain <domain>', 'Let anyone pull under this domain; can be repeated', collectOption)
    .option(
      '--private-domain <domain>',
      'Let people log in, pull and push under this domain; can be repeated',
      collectOption,
    )
    .addOption(
      new Option('--edge <edge>', 'Write the configuration of this edge (default: caddy)').choices(edgeKinds),
    )
    .option('--port <port>', 'Let the edge listen on this port (default: 5001)')
    .option(
      '--tls <how>',
      'Set the certificate of the edge: self-signed (the default), CERTIFICATE,KEY (two PEM files) or off',
    )
    .option(
      '--registry-config <file>',
      'Copy this configuration file of an existing registry, and add the auth section of dockpass to the copy',
    )
    .option(
      '--htpasswd <file>',
      'Let the users in this htpasswd file log in to dockpass (default: the file that the registry configuration names)',
    )
    .option('--edge-only', 'Write only the configuration of the edge, from the current settings of dockpass')
    .option('--out <folder>', 'Write the files to this folder', '.')
    .examples(
      'dockpass init',
      'dockpass init --public-domain pub.example.com --private-domain registry.example.com --edge nginx',
      'dockpass --config /etc/dockpass/dockpass.yml init --edge nginx --out /srv/registry',
      'dockpass --config /etc/dockpass/dockpass.yml init --edge-only --edge nginx --out /etc/nginx/conf.d',
    )
    .action(async (options: InitOptions, command: Command) => {
      const { init } = await import('../actions/init.ts');
      await init(options, command);
    });
}
