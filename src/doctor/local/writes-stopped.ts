import { noFindings, warning } from '../finding.ts';
import { createProbe } from '../probe.ts';
import { writesFolder } from '../../writes/writes-folder.ts';
import { readWritesStop, type WritesStop } from '../../writes/writes-stop.ts';

/** Reports that someone has stopped pushes. doctor then skips the checks that push. */
export const writesStopped = createProbe<undefined, WritesStop | undefined>({
  measure: async ({ config }) => readWritesStop(writesFolder(config)),
  judge: (stop) => {
    if (stop === undefined) return noFindings;
    const isCollecting = stop.reason === 'gc';
    return warning('writes_stopped', {
      problem: `Pushes are stopped since ${new Date(stop.since).toISOString()} by ${stop.by}${isCollecting ? ', for garbage collection' : ''}.`,
      impact: 'The edge answers pushes and deletions with 503. Pulls work.',
      fix: isCollecting
        ? 'Wait until the garbage collection has ended. If "dockpass up" was killed meanwhile, start it again.'
        : 'When the maintenance is over, run `dockpass writes start`.',
    });
  },
});
