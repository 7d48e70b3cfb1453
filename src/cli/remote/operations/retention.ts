import { setTimeout as wait } from 'node:timers/promises';
import type { PlanDetails } from '../../../admin/retention/plan-view.ts';
import { DockpassError, type ErrorCode } from '../../../errors.ts';
import type { RetentionOperations } from '../../administration/retention.ts';
import { pathOf, type ApiClient } from '../api-client.ts';
import { Fields } from '../fields.ts';

/** How often a plan that is not finished is read again, in milliseconds. */
const pollMs = 500;

/** Plans and applies through the administration API. The server does both in the background if they take long. */
export function remoteRetention(api: ApiClient): RetentionOperations {
  const read = (id: string, deletions: 'true' | 'false') =>
    api.get(pathOf('retention', 'plans', id), { query: { deletions } });
  return {
    plan: async () => {
      let found = (await api.send('POST', '/retention/plans', { isChange: false })).body;
      while (found.text('state') === 'planning') {
        await wait(pollMs);
        found = await read(found.text('id'), 'true');
      }
      requireNoProblem(found, api.origin);
      return detailsOf(found);
    },
    find: async (id) => detailsOf(await read(id, 'true')),
    apply: async (id, onDeleted) => {
      let found = (await api.send('POST', pathOf('retention', 'plans', id, 'apply'))).body;
      while (found.text('state') === 'applying') {
        // The last deletion that was begun may not be done.
        onDeleted(Math.max(0, found.number('begun') - 1));
        await wait(pollMs);
        found = await read(id, 'false');
      }
      requireNoProblem(found, api.origin);
    },
  };
}

/** @throws the error with which the server has stopped */
function requireNoProblem(found: Fields, origin: string): void {
  const { problem } = found.value;
  if (problem === undefined || problem === null) return;
  const fields = new Fields(problem, origin);
  throw new DockpassError(fields.word<ErrorCode>('code'), fields.text('detail'));
}

function detailsOf(found: Fields): PlanDetails {
  return {
    id: found.text('id'),
    state: found.word('state'),
    createdAt: found.text('createdAt'),
    begun: found.number('begun'),
    notes: found.texts('notes'),
    deletions: found.objects('deletions').map((deletion) => ({
      repository: deletion.text('repository'),
      tag: deletion.textOrNull('tag'),
      digest: deletion.text('digest'),
      reason: deletion.text('reason'),
      size: deletion.number('size'),
      lastPulledAt: deletion.textOrNull('lastPulledAt'),
      lastPulledBy: deletion.textOrNull('lastPulledBy'),
    })),
  };
}
