import { DockpassError } from '../../errors.ts';
import { isKeyFileName, type KeyStore } from './key-store.ts';
import { createEnvelope, readEnvelope, envelopeName, type Envelope } from './envelope.ts';

/** Rows of a database, by name. */
export type EncryptedRows = ReadonlyMap<string, string>;

/** What the key store needs from a database. The database never sees a key, only encrypted rows. */
export interface EncryptedKeyTable {
  names(): Promise<readonly string[]>;
  read(): Promise<EncryptedRows>;
  /**
   * Replaces all rows with what `change` returns, while no other process can change them. Returns false if `change`
   * returns undefined.
   */
  update(change: (rows: EncryptedRows) => EncryptedRows | undefined): Promise<boolean>;
}

/**
 * Opens keys that are encrypted rows of a database. All processes that have the secret share them.
 * @throws DockpassError `key_secret` if the rows were encrypted with another secret
 */
export async function openEncryptedKeyStore(table: EncryptedKeyTable, secret: string): Promise<KeyStore> {
  let known = await sealOf(await table.read(), secret);
  /**
   * If the rows were encrypted with a new secret in the meantime, nothing is written with the old one: no process
   * could read it.
   */
  const update = async (change: (rows: Map<string, string>, seal: Envelope) => boolean): Promise<boolean> => {
    for (;;) {
      const seal = known ?? (await createEnvelope(secret));
      let theirs: EncryptedRows | undefined;
      const isDone = await table.update((rows) => {
        theirs = rows.has(envelopeName) && rows.get(envelopeName) !== seal.row ? rows : undefined;
        const changed = new Map(rows).set(envelopeName, seal.row);
        return theirs === undefined && change(changed, seal) ? changed : undefined;
      });
      if (theirs === undefined) {
        if (isDone) known = seal;
        return isDone;
      }
      // At the first start, another process was first. Later, a person encrypted all rows with a new secret.
      if (known === seal) throw sealedAnew();
      known ??= await sealOf(theirs, secret);
    }
  };
  return {
    names: async () => (await table.names()).filter(isKeyFileName),
    read: async (name) => {
      const rows = await table.read();
      const sealed = rows.get(name);
      if (sealed === undefined) return undefined;
      known ??= await sealOf(rows, secret);
      if (known === undefined || rows.get(envelopeName) !== known.row) throw sealedAnew();
      return openRow(known, name, sealed);
    },
    create: (name, text) =>
      update((rows, seal) => !rows.has(name) && rows.set(name, seal.close(name, text)) !== undefined),
    replace: async (name, text) => {
      await update((rows, seal) => rows.set(name, seal.close(name, text)) !== undefined);
    },
    rename: async (from, to) => {
      const isDone = await update((rows, seal) => {
        const sealed = rows.get(from);
        if (sealed === undefined) return false;
        rows.delete(from);
        rows.set(to, seal.close(to, openRow(seal, from, sealed)));
        return true;
      });
      if (!isDone)
        throw new DockpassError('key_files', `${place(from)} no longer exists. Start the operation again.`);
    },
    remove: async (name) => {
      await update((rows) => rows.delete(name));
    },
    removeLeftovers: async () => {},
    describe: place,
    moveAwayHint: (name) => `Run in the database: delete from sealed_keys where name = '${name}'`,
  };
}

/**
 * Encrypts all rows with another secret, in one step. Processes with the old secret keep signing with the keys in
 * their memory. They need a restart with the new secret.
 * @throws DockpassError `key_secret`, `key_files`
 */
export async function reencrypt(table: EncryptedKeyTable, from: string, to: string): Promise<void> {
  const [before, after] = [await sealOf(await table.read(), from), await createEnvelope(to)];
  const isDone = await table.update((rows) => {
    if (before === undefined || rows.get(envelopeName) !== before.row) return undefined;
    const kept = [...rows].filter(([name]) => name !== envelopeName);
    const anew = kept.map(
      ([name, sealed]) => [name, after.close(name, openRow(before, name, sealed))] as const,
    );
    return new Map([...anew, [envelopeName, after.row]]);
  });
  if (!isDone)
    throw new DockpassError(
      'key_files',
      'there are no keys in the database to encrypt again. Set keys.secret and start dockpass once, or run "dockpass keys move --to database".',
    );
}

async function sealOf(rows: EncryptedRows, secret: string): Promise<Envelope | undefined> {
  const row = rows.get(envelopeName);
  return row === undefined ? undefined : readEnvelope(row, secret);
}

function openRow(seal: Envelope, name: string, sealed: string): string {
  try {
    return seal.open(name, sealed);
  } catch (cause) {
    throw new DockpassError(
      'key_files',
      `${place(name)} was changed by another program than dockpass. Restore this row from a backup of the database.`,
      { cause },
    );
  }
}

function sealedAnew(): DockpassError {
  return new DockpassError(
    'key_secret',
    'the keys in the database were encrypted with a new secret in the meantime. Restart this process with the new keys.secret.',
  );
}

function place(name: string): string {
  return `${name} in the database (table sealed_keys)`;
}
