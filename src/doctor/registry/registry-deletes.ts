import { randomBytes } from 'node:crypto';
import type { DoctorContext, Registry } from '../context.ts';
import { noFindings, wrong } from '../finding.ts';
import { sendRequest, type Target } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { bearer, createProbeToken } from '../probe-token.ts';
import { scratch } from '../scratch.ts';
import { registryTakesPushes } from './registry-takes-pushes.ts';

/**
 * Checks that the registry accepts DELETE requests, if the registry's configuration or a policy rule allows deletion.
 */
export const registryDeletes = createProbe<Registry, boolean>({
  after: [registryTakesPushes],
  measure: async (context, { target }) => canDelete(context, target),
  judge: (deletes, registry, context) => {
    const reason = deletionReason(context, registry);
    if (reason === undefined || deletes) return noFindings;
    return wrong('deletion_off', {
      problem: `${reason}, but the registry answers DELETE with 405, because deletion is switched off in the registry.`,
      impact: 'No one can delete images, not even an administrator.',
      fix:
        registry.file?.deletes === true
          ? `Restart the registry, because ${registry.file.path} was changed after the registry started: the file has storage.delete.enabled: true.`
          : "Set storage.delete.enabled: true in the registry's configuration, or REGISTRY_STORAGE_DELETE_ENABLED=true in its environment. Then restart the registry.",
    });
  },
});

/**
 * Returns text for a message that names the setting or policy rule that allows deletion. Returns undefined if nothing
 * allows deletion.
 */
function deletionReason({ config, environment }: DoctorContext, { file }: Registry): string | undefined {
  if (file?.deletes === true) return `${file.origin} has storage.delete.enabled: true`;
  if (environment['REGISTRY_STORAGE_DELETE_ENABLED'] === 'true')
    return 'REGISTRY_STORAGE_DELETE_ENABLED=true is set';
  const rule = config.policy.find(({ effect, actions }) => effect === 'allow' && actions.includes('delete'));
  return rule === undefined ? undefined : `Rule ${rule.number} of the policy allows delete`;
}

/**
 * Finds out whether deletion is switched on in the registry. For this, doctor sends a DELETE request for a blob that
 * does not exist. The registry answers 405 if deletion is switched off, and 404 if deletion is switched on.
 */
export async function canDelete(context: DoctorContext, target: Target): Promise<boolean> {
  const path = `/v2/${scratch}/blobs/sha256:${randomBytes(32).toString('hex')}`;
  const headers = bearer(await createProbeToken(context, { actions: ['delete'] }));
  return (await sendRequest(target, path, { method: 'DELETE', headers })).status !== 405;
}
