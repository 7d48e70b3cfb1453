import { noFindings, wrong } from '../finding.ts';
import { createProbe } from '../probe.ts';
import { keyFilesOpen } from './key-files-open.ts';

/**
 * Checks that the keys exist and that dockpass can use them. If other users can access the key files, dockpass does not
 * read the files. `keyFilesOpen` reports this fault, and this probe then does not run, so that doctor does not report
 * the fault twice.
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
          'Without these keys, dockpass does not start. doctor cannot sign tokens without these keys, so doctor skipped the checks that need a token.',
        fix: 'The description of the problem says what to do. Do this as the user that runs dockpass. Then run doctor again.',
      });
    return wrong('keys_missing', {
      problem: `There are no keys in ${config.keys.secret === null ? config.keys.directory : 'the database'}.`,
      impact:
        'Either dockpass has never run with this configuration, or dockpass uses another configuration than doctor.',
      fix: 'If dockpass uses another configuration, run doctor with --config FILE. If dockpass has never run, create the keys by starting dockpass once: dockpass serve',
    });
  },
});
