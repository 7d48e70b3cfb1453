import { formatEventText } from '../../../../src/audit/event-text.ts';
import { createEventId } from '../../../../src/audit/event-id.ts';
import type { PlanContent } from '../../../../src/admin/retention/plan-content.ts';
import { createRobot } from '../../../../src/admin/robots.ts';
import { privateHost } from '../../dockpass/issuer.ts';
import type { ApiLab, Examples } from '../example.ts';

async function addRobot({ issuer, newName }: ApiLab): Promise<string> {
  const name = newName('robot');
  const only = [{ pattern: 'team/**', actions: ['pull'] as const }];
  await createRobot(issuer.server.store, issuer.clock, { name, only, expiresIn: 86_400 });
  return name;
}

/** Records a denial and returns its id. */
async function addDenial({ issuer }: ApiLab): Promise<string> {
  const at = issuer.clock();
  const id = createEventId(at);
  const event = formatEventText({
    ...{ id, at, outcome: 'refused', subject: '', address: '192.0.2.1', client: 'docker/28' },
    ...{ host: privateHost, realm: 'private', asked: 'repository:team/app:pull', granted: '' },
    ...{ reason: 'login_required', tokenId: '', times: 1 },
  });
  await issuer.server.store.auditLog.append([event], false, 'unproven');
  return id;
}

/** Adds a plan that deletes nothing and returns its path. */
async function addPlan({ issuer, registry, newName }: ApiLab): Promise<string> {
  const { retentionPlans } = issuer.server.store;
  const [id, now] = [newName('plan'), issuer.clock()];
  const { origin } = new URL(registry.url);
  const content: PlanContent = {
    registry: origin,
    now,
    eventsSince: null,
    deletions: [],
    notes: [],
    tags: {},
  };
  await retentionPlans.add(id, now);
  await retentionPlans.setState(id, 'planning', 'planned', { content: JSON.stringify(content) });
  return `/retention/plans/${id}`;
}

export const operations: Examples = {
  'GET /retention': async () => ({ path: '/retention', status: 200 }),
  'POST /retention/plans': async () => ({ path: '/retention/plans', status: 201 }),
  'GET /retention/plans/{id}': async (lab) => ({ path: await addPlan(lab), status: 200 }),
  'POST /retention/plans/{id}/apply': async (lab) => ({ path: `${await addPlan(lab)}/apply`, status: 200 }),
  'GET /robots': async (lab) => ({ path: `/robots?q=${await addRobot(lab)}`, status: 200 }),
  'POST /robots': async (lab) => ({
    path: '/robots',
    body: { name: lab.newName('robot'), only: ['team/**:pull,push'], expires: '30d', owner: 'team web' },
    status: 201,
  }),
  'GET /robots/{name}': async (lab) => ({ path: `/robots/${await addRobot(lab)}`, status: 200 }),
  'PATCH /robots/{name}': async (lab) => ({
    path: `/robots/${await addRobot(lab)}`,
    body: { disabled: true, description: 'deploys' },
    status: 200,
  }),
  'DELETE /robots/{name}': async (lab) => ({ path: `/robots/${await addRobot(lab)}`, status: 204 }),
  'POST /robots/{name}/rotate': async (lab) => ({
    path: `/robots/${await addRobot(lab)}/rotate`,
    body: { overlap: '1h' },
    status: 200,
  }),
  'GET /rules': async () => ({ path: '/rules', status: 200 }),
  'POST /rules/preview': async () => ({
    path: '/rules/preview',
    body: { policy: [{ deny: ['push'], to: ['everyone'], on: ['prod/**'] }] },
    status: 200,
  }),
  'GET /audit': async (lab) => {
    await addDenial(lab);
    return { path: '/audit?limit=3&outcome=refused', status: 200 };
  },
  'GET /audit/export': async (lab) => {
    await addDenial(lab);
    return { path: '/audit/export?format=csv&outcome=refused', status: 200 };
  },
  'POST /explain': async () => ({
    path: '/explain',
    body: { host: privateHost, scopes: ['repository:team/app:pull'] },
    status: 200,
  }),
  'GET /explain/{id}': async (lab) => ({ path: `/explain/${await addDenial(lab)}`, status: 200 }),
  'GET /keys': async () => ({ path: '/keys', status: 200 }),
  'POST /keys/rotate': async () => ({ path: '/keys/rotate', status: 200 }),
  'GET /warnings': async () => ({ path: '/warnings', status: 200 }),
  'POST /doctor': async () => ({ path: '/doctor', body: { readOnly: true }, status: 200 }),
};
