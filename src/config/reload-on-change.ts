import { readFileStamp } from '../files/file-stamp.ts';
import type { Config } from './load.ts';

/** Milliseconds between two checks of the file. */
const interval = 1000;

/**
 * Reloads the configuration on SIGHUP and when its file changes.
 * @param stamp the file's stamp when it was read, so that a change since then is noticed
 * @returns a function that stops this
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
      // If the file does not exist, it is being replaced or was removed by mistake. The present configuration stays
      // in force.
      if (now !== undefined && now !== known) again();
      return now ?? known;
    });
  }, interval).unref();
  return () => {
    clearInterval(timer);
    process.off('SIGHUP', again);
  };
}
