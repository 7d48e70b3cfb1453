import { subscribe } from 'node:diagnostics_channel';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import { basename, dirname, join } from 'node:path';
import { constants, Script } from 'node:vm';

export interface Loaded {
  /** What the file exports. */
  readonly exports: unknown;
  /** Stores the code of the files that V8 has compiled in this process. */
  storeCode(): void;
}

/**
 * Loads a CommonJS file, and the files in its folder that it requires, with the code that V8 compiled for them in an
 * earlier process.
 *
 * Node's own compile cache stores a file before it runs, so it does not contain the functions in it. To compile the
 * functions that a start calls takes a fifth of its time.
 * @param file its code is not stored: only the names of the other files contain a hash of their content
 * @param cache the folder in which code is stored. Only the user of this process may be able to write to it, because V8
 *   runs what it contains
 */
export function loadWithCode(file: string, cache: string): Loaded {
  const folder = dirname(file);
  const requireOther = createRequire(file);
  const modules = new Map<string, { exports: unknown }>();
  const compiled: CompiledFile[] = [];

  const requireFile = (id: string): unknown => {
    if (!id.startsWith('./')) return requireOther(id) as unknown;
    const path = join(folder, id);
    const known = modules.get(path);
    if (known !== undefined) return known.exports;
    const module = { exports: {} };
    modules.set(path, module);
    try {
      const run = compile(path).runInThisContext() as RunFile;
      run(module.exports, requireFile, module, path);
      return module.exports;
    } catch (error) {
      // The next caller must get this error too, and not what the file has exported so far.
      modules.delete(path);
      throw error;
    }
  };

  const compile = (filename: string): Script => {
    const source = `(function (exports, require, module, __filename) {${readFileSync(filename, 'utf8')}\n})`;
    const options = { filename, importModuleDynamically: constants.USE_MAIN_CONTEXT_DEFAULT_LOADER };
    if (filename === file) return new Script(source, options);
    const stored = join(cache, basename(filename));
    const cachedData = readCode(stored, filename);
    const script = new Script(source, { ...options, ...(cachedData && { cachedData }) });
    // V8 rejects the code of another version of V8.
    if (cachedData === undefined || script.cachedDataRejected === true) compiled.push({ script, stored });
    return script;
  };

  const storeCode = (): void => {
    if (compiled.length > 0) removeOlder(cache, file);
    for (const { script, stored } of compiled.splice(0)) writeCode(stored, script.createCachedData());
  };
  // An idle server says this before it discards compiled code.
  subscribe('dockpass:idle', storeCode);
  return { exports: requireFile(`./${basename(file)}`), storeCode };
}

interface CompiledFile {
  readonly script: Script;
  readonly stored: string;
}

/** The function that CommonJS wraps around a file. */
type RunFile = (
  exports: unknown,
  require: (id: string) => unknown,
  module: { exports: unknown },
  filename: string,
) => void;

/**
 * Returns the stored code, or undefined if there is none, if it is older than the file, or if it is damaged. Damaged
 * code would end the process. So the code is stored twice, and the two copies are compared: a checksum would need a
 * module of Node that takes longer to load.
 */
function readCode(stored: string, file: string): Buffer | undefined {
  try {
    if (isOlder(stored, file)) return undefined;
    const copies = readFileSync(stored);
    const code = copies.subarray(0, copies.length / 2);
    return code.equals(copies.subarray(copies.length / 2)) ? code : undefined;
  } catch {
    return undefined;
  }
}

/** Removes the code of versions of dockpass that were installed before this file. */
function removeOlder(cache: string, file: string): void {
  try {
    for (const name of readdirSync(cache)) if (isOlder(join(cache, name), file)) rmSync(join(cache, name));
  } catch {
    // The folder does not exist yet, or another process has removed the file.
  }
}

/** Compares with ctime, because npm sets the mtime of all files that it installs to the same time in 1985. */
function isOlder(stored: string, file: string): boolean {
  return statSync(stored).mtimeMs < statSync(file).ctimeMs;
}

/** Without the stored code, the next start is only slower. Therefore errors, such as a full disk, are ignored. */
function writeCode(stored: string, code: Buffer): void {
  try {
    mkdirSync(dirname(stored), { recursive: true, mode: 0o700 });
    writeFileSync(stored, Buffer.concat([code, code]), { mode: 0o600 });
  } catch {}
}
