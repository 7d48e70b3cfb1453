import { perTick } from '../../../cache/per-tick.ts';
import { messageOf } from '../../../errors.ts';
import { readFileStampSync } from '../../../files/file-stamp.ts';
import { readKeySetFile } from './key-set-file.ts';
import type { KeyLog, KeySource } from './key-source.ts';
import { createVerificationKeys, type VerificationKeys } from './verification-keys.ts';

/**
 * Creates the source of a key set that an administrator has saved in a file. Each login checks whether the file has
 * changed, so a key that is removed from it does not count any more. If the file is missing or wrong, for example
 * because it is just being written, the last valid version of it counts.
 */
export function createFileKeys(path: string, log: KeyLog): KeySource {
  let keys: VerificationKeys | undefined;
  let failure: string | undefined;
  let stamp: string | undefined = 'not read yet';
  let updating: Promise<void> | undefined;

  const readFile = async (): Promise<VerificationKeys> => {
    const keySet = await readKeySetFile(path);
    if (typeof keySet === 'string') throw new Error(keySet);
    return createVerificationKeys(keySet);
  };

  const update = async (newStamp: string | undefined): Promise<void> => {
    try {
      keys = await readFile();
      failure = undefined;
      log.info(`trust: read ${path} (number of keys: ${keys.count})`);
    } catch (error) {
      failure = messageOf(error);
      const impact =
        keys === undefined
          ? 'Until you fix the file, no JWT of its issuer is accepted'
          : 'Until you fix the file, dockpass uses the last valid version of it';
      log.warn(`trust: cannot use the key set ${path}: ${failure}. ${impact}.`);
    }
    // The stamp was read before the content. If the file has changed in between, the next login reads it again.
    stamp = newStamp;
  };

  const currentStamp = perTick(() => readFileStampSync(path));
  const read = (): VerificationKeys | undefined | Promise<VerificationKeys | undefined> => {
    const newStamp = currentStamp();
    if (newStamp === stamp) return keys;
    updating ??= update(newStamp).finally(() => (updating = undefined));
    return updating.then(() => keys);
  };
  return {
    read,
    readAgain: async () => read(),
    get failure() {
      return failure;
    },
    close: async () => {
      await updating;
    },
  };
}
