import { join } from 'node:path';
import { createPlanId, type PlanContent } from '../../../src/admin/retention/plan-content.ts';
import { openStore } from '../../../src/store/open-store.ts';
import type { FilledConsole } from './filled-console.ts';

/** Stores a plan that was made before the registry has changed. @returns its id */
export async function storePlan({ up }: FilledConsole, repositories: readonly string[]): Promise<string> {
  const store = await openStore(join(up.directory, 'data', 'dockpass.db'));
  try {
    const [id, now] = [createPlanId(), Date.now()];
    const content: PlanContent = {
      registry: 'http://127.0.0.1:1',
      now,
      eventsSince: null,
      notes: [],
      tags: {},
      deletions: repositories.map((repository, at) => ({
        ...{ repository, tag: `build-${at}`, digest: `sha256:${String(at).padStart(64, '0')}` },
        ...{ reason: 'not among the 20 tags pushed last, last pulled 45 days ago', size: 3_400_000 },
        ...{ lastPulledAt: now - 45 * 86_400_000, lastPulledBy: 'ci', request: 'tag' },
      })),
    };
    await store.retentionPlans.add(id, now);
    await store.retentionPlans.setState(id, 'planning', 'planned', { content: JSON.stringify(content) });
    return id;
  } finally {
    await store.close();
  }
}
