import { readFileStamp } from '../files/file-stamp.ts';
import type { Config } from './load.ts';

/** The pause between two checks whether the configuration file has changed, in milliseconds. */
const interval = 1000;

/**
 * Calls `reload` on SIGHUP and when the configuration file has changed.
 * @param stamp the result of `readFileStamp` when dockpass read `config` from the file. If the file has changed since
 *   then, the first check calls `reload`.
 * @returns a function that stops watching the file and SIGHUP
 */
export function reloadOnChange(
  config: Config,
  reload: () => Promise<unknown>,
  stamp = readFileStamp(config.file),
): () => void {
  let running: Promise<unknown> = Promise.resolve();
  // Each reload waits until the previous one has ended, so that the configuration that was read last is the one in
  // force.
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
