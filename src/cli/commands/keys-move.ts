import { Option, type Command } from 'commander';
import type { MoveOptions, ResealOptions } from '../actions/keys-move.ts';
import { CliCommand } from '../cli-command.ts';

export function moveCommand(): Command {
  return new CliCommand('move')
    .description('Move the keys from the key folder to the database; you need not change the registries')
    .examples('dockpass keys move --to database')
    .addOption(
      new Option('--to <place>', 'Where to move the keys').choices(['database']).makeOptionMandatory(),
    )
    .option(
      '--without-authority',
      'Keep the private key of the CA in the folder, so that only a machine with this folder can create signing keys',
    )
    .action(async (options: MoveOptions, command: Command) => {
      const { moveKeys } = await import('../actions/keys-move.ts');
      await moveKeys(options, command);
    });
}

export function resealCommand(): Command {
  return new CliCommand('reseal')
    .description('Encrypt the keys in the database with another secret')
    .examples('dockpass keys reseal --new-secret-file /run/secrets/dockpass-new')
    .requiredOption('--new-secret-file <file>', 'The file that contains the new secret')
    .action(async (options: ResealOptions, command: Command) => {
      const { resealKeys } = await import('../actions/keys-move.ts');
      await resealKeys(options, command);
    });
}
