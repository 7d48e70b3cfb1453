import type { Command } from 'commander';
import { moveKeysToDatabase, reencryptKeys } from '../../admin/keys/keys.ts';
import { systemClock } from '../../clock.ts';
import { readSecretFile } from '../../config/environment.ts';
import { DockpassError, messageOf } from '../../errors.ts';
import { withStore } from '../context.ts';
import { say } from '../output.ts';

export interface MoveOptions {
  readonly withoutAuthority?: boolean;
}

export interface ResealOptions {
  readonly newSecretFile: string;
}

/** Moves the keys from the key folder to the database. */
export async function moveKeys({ withoutAuthority = false }: MoveOptions, command: Command): Promise<void> {
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
}

/** Encrypts the keys in the database with another secret. */
export async function resealKeys({ newSecretFile }: ResealOptions, command: Command): Promise<void> {
  const secret = readSecret(newSecretFile);
  await withStore(command, (store, config) => reencryptKeys(store, config, systemClock, secret));
  say('The keys are encrypted with the new secret.');
  say(
    'Set keys.secret to the new secret for every dockpass process, and restart the processes one after the other.',
  );
  say('Until a process is restarted, it signs with the keys in its memory and cannot read new keys.');
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
