import { readSecretFile } from '../../config/environment.ts';
import { Option, type Command } from 'commander';
import { moveKeysToDatabase, reencryptKeys } from '../../admin/keys/keys.ts';
import { systemClock } from '../../clock.ts';
import { DockpassError, messageOf } from '../../errors.ts';
import { CliCommand } from '../cli-command.ts';
import { withStore } from '../context.ts';
import { say } from '../output.ts';

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
    .action(async ({ withoutAuthority = false }: { withoutAuthority?: boolean }, command: Command) => {
      await withStore(command, (store, config) =>
        moveKeysToDatabase(store, config, systemClock, withoutAuthority ? 'stays' : 'along'),
      );
      say('The keys are in the database now, encrypted with keys.secret.');
      say('Set keys.secret for every dockpass process, and restart each process.');
      say(
        withoutAuthority
          ? 'authority.pem stays where it is, and "dockpass keys rotate" works only on a machine with this file. You can remove the leaves-*.pem files.'
          : 'dockpass no longer reads the key files in the folder: store authority.pem as a backup, and remove the leaves-*.pem files.',
      );
    });
}

export function resealCommand(): Command {
  return new CliCommand('reseal')
    .description('Encrypt the keys in the database with another secret')
    .examples('dockpass keys reseal --new-secret-file /run/secrets/dockpass-new')
    .requiredOption('--new-secret-file <file>', 'The file that contains the new secret')
    .action(async ({ newSecretFile }: { newSecretFile: string }, command: Command) => {
      const secret = readSecret(newSecretFile);
      await withStore(command, (store, config) => reencryptKeys(store, config, systemClock, secret));
      say('The keys are encrypted with the new secret.');
      say(
        'Set keys.secret to the new secret for every dockpass process, and restart the processes one after the other.',
      );
      say('Until a process is restarted, it signs with the keys in its memory and cannot read new keys.');
    });
}

function readSecret(path: string): string {
  let secret: string;
  try {
    secret = readSecretFile(path);
  } catch (cause) {
    throw new DockpassError('bad_usage', `--new-secret-file: ${messageOf(cause)}`, { cause });
  }
  if (secret.length >= 32) return secret;
  throw new DockpassError(
    'bad_usage',
    `the secret in ${path} must have at least 32 characters: create one with "openssl rand -base64 32"`,
  );
}
