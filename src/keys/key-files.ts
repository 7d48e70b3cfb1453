import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto';
import { link, mkdir, open, readdir, readFile, rename, rm, stat } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { randomUUID } from 'node:crypto';
import { DockpassError, messageOf } from '../errors.ts';

/** A private key and its certificate, as one text: what is written together can never be half there. */
export interface StoredPair {
  readonly key: KeyObject;
  readonly certificate: X509Certificate;
}

/** PEM, the key (PKCS #8) before its certificate. */
export function formatPairs(pairs: readonly StoredPair[]): string {
  return pairs
    .map(
      ({ key, certificate }) => String(key.export({ type: 'pkcs8', format: 'pem' })) + certificate.toString(),
    )
    .join('');
}

/**
 * Reads a file of pairs. Undefined where there is none.
 * @throws DockpassError `key_files`, naming the mend, where others may read it, or it is not whole.
 */
export async function readPairs(path: string): Promise<StoredPair[] | undefined> {
  const text = await readSecretFile(path);
  if (text === undefined) return undefined;
  const blocks = text.match(/-----BEGIN ([A-Z0-9 ]+)-----[\s\S]+?-----END \1-----\n?/g) ?? [];
  const pairs: StoredPair[] = [];
  try {
    for (let at = 0; at < blocks.length; at += 2) {
      const key = createPrivateKey(blocks[at] ?? '');
      pairs.push({ key, certificate: new X509Certificate(blocks[at + 1] ?? '') });
    }
  } catch (cause) {
    throw new DockpassError('key_files', `${path} is damaged: ${mendOf(path)}`, { cause });
  }
  if (pairs.length === 0) throw new DockpassError('key_files', `${path} holds no key: ${mendOf(path)}`);
  for (const pair of pairs) {
    if (!pair.certificate.checkPrivateKey(pair.key)) {
      throw new DockpassError(
        'key_files',
        `in ${path} a key and its certificate do not belong together: ${mendOf(path)}`,
      );
    }
  }
  return pairs;
}

function mendOf(path: string): string {
  return path.endsWith('authority.pem')
    ? 'put it back from a backup; or move it and the leaves-*.pem away, and a new authority is made at the next start (every registry then needs the new rootcertbundle and a restart)'
    : 'move it away, and a new one is made at the next start (no registry notices)';
}

/** Undefined where there is none. @throws DockpassError `key_files` where others may read it */
export async function readSecretFile(path: string): Promise<string | undefined> {
  try {
    const { mode } = await stat(path);
    if ((mode & 0o077) !== 0) {
      throw new DockpassError('key_files', `${path} may be read by others: chmod 600 ${path}`);
    }
    return await readFile(path, 'utf8');
  } catch (cause) {
    if (cause instanceof DockpassError) throw cause;
    if (isCode(cause, 'ENOENT')) return undefined;
    throw new DockpassError(
      'key_files',
      `cannot read ${path}: ${messageOf(cause)}; give it to the user that runs dockpass`,
      { cause },
    );
  }
}

/** Writes a file that was not there. False where another process was first: then its file counts. */
export async function createFile(path: string, text: string, mode: number): Promise<boolean> {
  const draft = await writeDraft(path, text, mode);
  try {
    // link, unlike rename, refuses to replace: of two first starts at once exactly one makes the keys.
    await link(draft, path);
    await syncDirectory(path);
    return true;
  } catch (error) {
    if (isCode(error, 'EEXIST')) return false;
    throw error;
  } finally {
    await rm(draft, { force: true });
  }
}

/** Puts a file's new content in place whole, or leaves the old one. */
export async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  await rename(await writeDraft(path, text, mode), path);
  await syncDirectory(path);
}

async function writeDraft(path: string, text: string, mode: number): Promise<string> {
  // The directory may be entered by all: the registry reads the bundle in it. The keys themselves are 0600.
  await mkdir(dirname(path), { recursive: true, mode: 0o755 });
  const draft = `${path}.${randomUUID()}.draft`;
  const file = await open(draft, 'wx', mode);
  try {
    await file.writeFile(text);
    await file.sync();
  } finally {
    await file.close();
  }
  return draft;
}

/** A process that was killed leaves its draft behind, with key material in it. Drafts live for a moment. */
export async function removeStaleDrafts(directory: string): Promise<void> {
  const names = await readdir(directory).catch(() => []);
  for (const name of names.filter((candidate) => candidate.endsWith('.draft'))) {
    const path = join(directory, name);
    const found = await stat(path).catch(() => undefined);
    if (found !== undefined && Date.now() - found.mtimeMs > 60_000) await rm(path, { force: true });
  }
}

/** A rename is on disk only when its directory is. */
async function syncDirectory(path: string): Promise<void> {
  const directory = await open(dirname(path), 'r');
  try {
    await directory.sync();
  } finally {
    await directory.close();
  }
}

export function isCode(error: unknown, code: string): boolean {
  return error instanceof Error && 'code' in error && error.code === code;
}
