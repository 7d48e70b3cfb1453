import { readFileStamp } from '../files/file-stamp.ts';
import type { Config } from './load.ts';

/** Milliseconds between two looks at the file. */
const interval = 1000;

/**
 * Has the configuration read again on SIGHUP, and when its file changes.
 * @param stamp the file's stamp when it was read; a change since then counts
 * @returns a function that stops this
 */
export function reloadOnChange(
  config: Config,
  reload: () => Promise<unknown>,
  stamp = readFileStamp(config.file),
): () => void {
  let running: Promise<unknown> = Promise.resolve();
  // One after the other: of two changes at once the later must win.
  const again = (): void => void (running = running.then(reload));
  process.on('SIGHUP', again);
  let last = stamp;
  const timer = setInterval(() => {
    const before = last;
    last = before.then(async (known) => {
      const now = await readFileStamp(config.file);
      // A file that is gone is being replaced, or was taken away by mistake: what was read stays in force.
      if (now !== undefined && now !== known) again();
      return now ?? known;
    });
  }, interval).unref();
  return () => {
    clearInterval(timer);
    process.off('SIGHUP', again);
  };
}
