import { noFindings, wrong } from '../finding.ts';
import { createProbe } from '../probe.ts';
import { keyFilesOpen } from './key-files-open.ts';

/**
 * Checks that keys exist and that they belong together. This probe runs only after `keyFilesOpen` found nothing wrong,
 * because dockpass does not read key files that other users can read.
 */
export const keysReadable = createProbe<undefined, undefined>({
  after: [keyFilesOpen],
  measure: async () => undefined,
  judge: (_measured, _subject, { config, keys, keysError }) => {
    if (keys !== undefined) return noFindings;
    if (keysError !== undefined)
      return wrong('keys_unusable', {
        problem: `${keysError}.`,
        impact:
          'dockpass does not start without its keys. doctor cannot sign tokens either, so it skipped the checks that need a token.',
        fix: 'As the user that runs dockpass, follow the advice in the problem line. Then run doctor again.',
      });
    return wrong('keys_missing', {
      problem: `There are no keys in ${config.keys.secret === null ? config.keys.directory : 'the database'}.`,
      impact: 'Either dockpass has never run with this configuration, or it runs with another configuration.',
      fix: 'Name the right configuration with --config FILE, or start dockpass once: dockpass serve creates the keys.',
    });
  },
});
