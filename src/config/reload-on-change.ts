import { readFileStamp } from '../files/file-stamp.ts';
import type { Config } from './load.ts';

/** Milliseconds between two checks whether the configuration file has changed. */
const interval = 1000;

/**
 * Reloads the configuration on SIGHUP and when its file changes.
 * @param stamp the result of `readFileStamp` when the configuration was read. If the file has changed since then, it is
 *   read again.
 * @returns a function that stops watching the file and SIGHUP
 */
export function reloadOnChange(
  config: Config,
  reload: () => Promise<unknown>,
  stamp = readFileStamp(config.file),
): () => void {
  let running: Promise<unknown> = Promise.resolve();
  // Reloads run one after the other, so that the later of two changes wins.
  const again = (): void => void (running = running.then(reload));
  process.on('SIGHUP', again);
  let last = stamp;
  const timer = setInterval(() => {
    const before = last;
    last = before.then(async (known) => {
      const now = await readFileStamp(config.file);
      // If the file does not exist, someone is replacing it or removed it by mistake. So the current configuration
      // stays in force.
      if (now !== undefined && now !== known) again();
      return now ?? known;
    });
  }, interval).unref();
  return () => {
    clearInterval(timer);
    process.off('SIGHUP', again);
  };
}
