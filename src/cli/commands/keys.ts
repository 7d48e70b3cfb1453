import type { Command } from 'commander';
import type { ExportOptions, RotateOptions } from '../actions/keys.ts';
import { CliCommand, type JsonOption } from '../cli-command.ts';
import { moveCommand, resealCommand } from './keys-move.ts';

export function keysCommand(): Command {
  return new CliCommand('keys')
    .description('Manage the keys that sign tokens')
    .examples('dockpass keys list', 'dockpass keys rotate')
    .addCommand(listCommand())
    .addCommand(rotateCommand())
    .addCommand(createCommand())
    .addCommand(exportCommand())
    .addCommand(moveCommand())
    .addCommand(resealCommand());
}

function listCommand(): Command {
  return new CliCommand('list')
    .description('List the CA and the signing keys')
    .examples('dockpass keys list --json')
    .jsonOption()
    .action(async (options: JsonOption, command: Command) => {
      const { listKeys } = await import('../actions/keys.ts');
      await listKeys(options, command);
    });
}

function rotateCommand(): Command {
  return new CliCommand('rotate')
    .description(
      'Create a new signing key. Servers sign with it within two seconds. You need not change the registries',
    )
    .examples('dockpass keys rotate', 'dockpass keys rotate --authority')
    .option('--authority', 'Replace the CA: run this command twice, and restart each registry in between')
    .option(
      '--trust-clock',
      'Create the key although the clock seems to be wrong: use this option if you have checked that the clock is right',
    )
    .confirmOptions()
    .action(async (options: RotateOptions, command: Command) => {
      const { rotate } = await import('../actions/keys.ts');
      await rotate(options, command);
    });
}

function createCommand(): Command {
  return new CliCommand('create')
    .description('Create a new CA after the keys were lost. Every registry then needs the new trust bundle')
    .examples('dockpass keys create --new-authority')
    .requiredOption('--new-authority', 'Confirm that the lost CA cannot be restored from a backup')
    .action(async (_options: unknown, command: Command) => {
      const { createAuthority } = await import('../actions/keys.ts');
      await createAuthority(command);
    });
}

function exportCommand(): Command {
  return new CliCommand('export')
    .description('Print the certificates or public keys that a registry needs to verify tokens')
    .examples('dockpass keys export > rootcertbundle.pem', 'dockpass keys export --jwks')
    .option(
      '--pem',
      'Print the certificates for the registry setting auth.token.rootcertbundle (this is the default)',
    )
    .option(
      '--jwks',
      'Print the public keys for the registry setting auth.token.jwks, which only registry 3.x has',
    )
    .action(async (options: ExportOptions, command: Command) => {
      const { exportKeys } = await import('../actions/keys.ts');
      await exportKeys(options, command);
    });
}
