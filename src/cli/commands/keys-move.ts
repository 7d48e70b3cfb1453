import { readFileSync } from 'node:fs';
import { Command, Option } from 'commander';
import { systemClock } from '../../clock.ts';
import { openKeyStore } from '../../admin/key-store.ts';
import { DockpassError, messageOf } from '../../errors.ts';
import { fileKeyStore } from '../../keys/storage/file-key-store.ts';
import { moveKeys } from '../../keys/storage/move-keys.ts';
import { openKeyRing } from '../../keys/open-key-ring.ts';
import { reencrypt, openEncryptedKeyStore } from '../../keys/storage/encrypted-key-store.ts';
import { withStore } from '../context.ts';
import { say } from '../output.ts';
import { recordKeyChange } from '../record-key-change.ts';

export function moveCommand(): Command {
  return new Command('move')
    .description('take the keys in the folder along into the database; no registry notices')
    .addOption(new Option('--to <place>', 'where to').choices(['database']).makeOptionMandatory())
    .option('--without-authority', "leave the authority's key in the folder: leaves are made where it is")
    .action(async ({ withoutAuthority }: { withoutAuthority?: boolean }, command: Command) => {
      await withStore(command, async (store, config) => {
        const { keys } = config;
        const [folder, database] = [
          fileKeyStore(keys.directory),
          await openEncryptedKeyStore(store.sealedKeys, requireSecret(keys.secret)),
        ];
        await moveKeys(folder, database, withoutAuthority === true ? 'stays' : 'along');
        await openKeyRing(keys, systemClock, await openKeyStore(config, store));
        await recordKeyChange(store, 'keys moved to the database');
      });
      say('the keys are in the database now, sealed: give keys.secret to every process, and restart it');
      say(
        withoutAuthority === true
          ? 'authority.pem stays where it is: "dockpass keys rotate" works there alone. The leaves-*.pem beside it may go.'
          : 'the files are not read any more: put authority.pem by, as a backup, and remove the leaves-*.pem',
      );
    });
}

export function resealCommand(): Command {
  return new Command('reseal')
    .description('seal the keys in the database with another secret')
    .requiredOption('--new-secret-file <file>', 'holds the secret that takes the place of keys.secret')
    .action(async ({ newSecretFile }: { newSecretFile: string }, command: Command) => {
      const secret = readSecret(newSecretFile);
      await withStore(command, async (store, { keys }) => {
        await reencrypt(store.sealedKeys, requireSecret(keys.secret), secret);
        await recordKeyChange(store, 'keys sealed with another secret');
      });
      say('the keys are sealed with the new secret. Give it to every process, and restart one after the');
      say('other: those with the old one sign on with the keys that they hold, and take no new one.');
    });
}

function requireSecret(secret: string | null): string {
  if (secret !== null) return secret;
  throw new DockpassError(
    'bad_usage',
    'set keys.secret first (DOCKPASS_KEYS_SECRET_FILE): it seals the keys in the database',
  );
}

function readSecret(path: string): string {
  try {
    const secret = readFileSync(path, 'utf8').trimEnd();
    if (secret.length >= 32) return secret;
  } catch (cause) {
    throw new DockpassError('bad_usage', `cannot read ${path}: ${messageOf(cause)}`, { cause });
  }
  throw new DockpassError(
    'bad_usage',
    `${path} wants at least 32 characters of chance: openssl rand -base64 32`,
  );
}
