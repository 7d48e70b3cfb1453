import { DockpassError } from '../../errors.ts';
import { isKeyFileName, type KeyStore } from './key-store.ts';
import { createEnvelope, readEnvelope, envelopeName, type Envelope } from './envelope.ts';

/** The rows of the database table for keys: a map from names to encrypted texts. */
export type EncryptedRows = ReadonlyMap<string, string>;

/**
 * The operations that a key store needs from a database. The database never receives an unencrypted key, only encrypted
 * rows.
 */
export interface EncryptedKeyTable {
  names(): Promise<readonly string[]>;
  read(): Promise<EncryptedRows>;
  /**
   * Replaces all rows with the rows that `change` returns. While `change` runs, no other process can change the rows.
   * If `change` returns undefined, `update` changes nothing and returns false.
   */
  update(change: (rows: EncryptedRows) => EncryptedRows | undefined): Promise<boolean>;
}

/**
 * Opens a key store whose keys are encrypted rows in a database. All processes that have the secret share these keys.
 * @throws DockpassError `key_secret` if the rows were encrypted with another secret
 */
export async function openEncryptedKeyStore(table: EncryptedKeyTable, secret: string): Promise<KeyStore> {
  let current = await readEnvelopeOf(await table.read(), secret);
  /**
   * Changes rows of the table. If the rows have been encrypted with a new secret since the key store was opened, this
   * function throws and writes nothing, because processes with the new secret cannot read rows that are encrypted with
   * the old secret.
   */
  const update = async (
    change: (rows: Map<string, string>, envelope: Envelope) => boolean,
  ): Promise<boolean> => {
    for (;;) {
      const envelope = current ?? (await createEnvelope(secret));
      let otherRows: EncryptedRows | undefined;
      const isDone = await table.update((rows) => {
        otherRows = rows.has(envelopeName) && rows.get(envelopeName) !== envelope.row ? rows : undefined;
        const changed = new Map(rows).set(envelopeName, envelope.row);
        return otherRows === undefined && change(changed, envelope) ? changed : undefined;
      });
      if (otherRows === undefined) {
        if (isDone) current = envelope;
        return isDone;
      }
      // The table contains an envelope row (see envelope.ts) of another process, and it differs from `envelope.row`. If
      // this process has already used `envelope`, the other process has since encrypted the keys with a new secret, so
      // throw. If this process has only just created `envelope` for an empty table, the other process was faster. Then
      // use the row of the other process, and try again.
      if (current === envelope) throw secretChangedError();
      current ??= await readEnvelopeOf(otherRows, secret);
    }
  };
  return {
    names: async () => (await table.names()).filter(isKeyFileName),
    read: async (name) => {
      const rows = await table.read();
      const encrypted = rows.get(name);
      if (encrypted === undefined) return undefined;
      current ??= await readEnvelopeOf(rows, secret);
      if (current === undefined || rows.get(envelopeName) !== current.row) throw secretChangedError();
      return decryptRow(current, name, encrypted);
    },
    create: (name, text) =>
      update(
        (rows, envelope) => !rows.has(name) && rows.set(name, envelope.encrypt(name, text)) !== undefined,
      ),
    replace: async (name, text) => {
      await update((rows, envelope) => rows.set(name, envelope.encrypt(name, text)) !== undefined);
    },
    rename: async (from, to) => {
      const isDone = await update((rows, envelope) => {
        const encrypted = rows.get(from);
        if (encrypted === undefined) return false;
        rows.delete(from);
        rows.set(to, envelope.encrypt(to, decryptRow(envelope, from, encrypted)));
        return true;
      });
      if (!isDone)
        throw new DockpassError(
          'key_files',
          `${describe(from)} no longer exists. Start the operation again.`,
        );
    },
    remove: async (name) => {
      await update((rows) => rows.delete(name));
    },
    removeLeftovers: async () => {},
    describe,
    moveAwayHint: (name) =>
      `Run this SQL statement in the database: delete from sealed_keys where name = '${name}'`,
  };
}

/**
 * Decrypts all rows and encrypts them with a new secret, in one step. Running processes with the old secret continue to
 * sign with the keys in their memory, but they must be restarted with the new secret.
 * @throws DockpassError `key_secret`, `key_files`
 */
export async function reencrypt(table: EncryptedKeyTable, from: string, to: string): Promise<void> {
  const [before, after] = [await readEnvelopeOf(await table.read(), from), await createEnvelope(to)];
  const isDone = await table.update((rows) => {
    if (before === undefined || rows.get(envelopeName) !== before.row) return undefined;
    const keyRows = [...rows].filter(([name]) => name !== envelopeName);
    const reencrypted = keyRows.map(
      ([name, encrypted]) => [name, after.encrypt(name, decryptRow(before, name, encrypted))] as const,
    );
    return new Map([...reencrypted, [envelopeName, after.row]]);
  });
  if (!isDone)
    throw new DockpassError(
      'key_files',
      'the database contains no keys, so there is nothing to encrypt with a new secret. To store keys in the database, set keys.secret and start dockpass once, or run "dockpass keys move --to database".',
    );
}

async function readEnvelopeOf(rows: EncryptedRows, secret: string): Promise<Envelope | undefined> {
  const row = rows.get(envelopeName);
  return row === undefined ? undefined : readEnvelope(row, secret);
}

function decryptRow(envelope: Envelope, name: string, encrypted: string): string {
  try {
    return envelope.decrypt(name, encrypted);
  } catch (cause) {
    throw new DockpassError(
      'key_files',
      `${describe(name)} was changed by a program other than dockpass. Restore this row from a backup of the database.`,
      { cause },
    );
  }
}

function secretChangedError(): DockpassError {
  return new DockpassError(
    'key_secret',
    'the keys in the database were encrypted with a new secret after this process had read them. Restart this process with the new keys.secret.',
  );
}

function describe(name: string): string {
  return `${name} in the database (table sealed_keys)`;
}
