import { noFindings, wrong, type Finding } from '../finding.ts';
import type { DoctorContext } from '../context.ts';
import { keyFilesOpen } from './key-files-open.ts';

/** Are the keys there, and do they fit together? */
export async function keysReadable(patient: DoctorContext): Promise<readonly Finding[]> {
  const { config, keys, keysFault } = patient;
  // Files that others may read are not read at all, and told of already.
  if (keys !== undefined || (await keyFilesOpen(patient)).length > 0) return noFindings;
  if (keysFault !== undefined)
    return wrong('keys_unusable', {
      problem: `${keysFault}.`,
      impact:
        'Without its keys dockpass does not start, and no probe token can be signed: the registry was asked less.',
      fix: 'Do what the line above says, as the user that runs dockpass; then run doctor again.',
    });
  return wrong('keys_missing', {
    problem: `there are no keys in ${config.keys.secret === null ? config.keys.directory : 'the database'}.`,
    impact:
      'Either dockpass never ran with this configuration, or this is not the configuration that it runs with.',
    fix: 'Name the right one with --config FILE, or start dockpass once: it makes its keys (dockpass serve).',
  });
}
