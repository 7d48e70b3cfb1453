import { randomBytes } from 'node:crypto';
import type { DoctorContext, Registry } from '../context.ts';
import { noFindings, wrong } from '../finding.ts';
import { sendRequest, type Target } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { bearer, createProbeToken } from '../probe-token.ts';
import { scratch } from '../scratch.ts';
import { registryTakesPushes } from './registry-takes-pushes.ts';

/** Checks that images can be deleted, if the configuration or the policy allows deletion. */
export const registryDeletes = createProbe<Registry, boolean>({
  after: [registryTakesPushes],
  measure: async (context, { target }) => canDelete(context, target),
  judge: (deletes, registry, context) => {
    const reason = deletionReason(context, registry);
    if (reason === undefined || deletes) return noFindings;
    return wrong('deletion_off', {
      problem: `${reason}, but the registry answers DELETE with 405: deletion is switched off.`,
      impact: 'No one can delete images, not even an administrator.',
      fix:
        registry.file?.deletes === true
          ? `Restart the registry: ${registry.file.path} has storage.delete.enabled: true, but was changed after the registry started.`
          : "Set storage.delete.enabled: true in the registry's configuration (or REGISTRY_STORAGE_DELETE_ENABLED=true), and restart the registry.",
    });
  },
});

/** The setting or policy rule that allows deletion, as text for a message; undefined if there is none. */
function deletionReason({ config, environment }: DoctorContext, { file }: Registry): string | undefined {
  if (file?.deletes === true) return `${file.origin} has storage.delete.enabled: true`;
  if (environment['REGISTRY_STORAGE_DELETE_ENABLED'] === 'true')
    return 'REGISTRY_STORAGE_DELETE_ENABLED=true is set';
  const rule = config.policy.find(({ effect, actions }) => effect === 'allow' && actions.includes('delete'));
  return rule === undefined ? undefined : `Rule ${rule.number} of the policy allows delete`;
}

/**
 * Sends a DELETE request for a blob that does not exist. The registry answers 405 if deletion is switched off,
 * otherwise 404.
 */
export async function canDelete(context: DoctorContext, target: Target): Promise<boolean> {
  const path = `/v2/${scratch}/blobs/sha256:${randomBytes(32).toString('hex')}`;
  const headers = bearer(await createProbeToken(context, { actions: ['delete'] }));
  return (await sendRequest(target, path, { method: 'DELETE', headers })).status !== 405;
}
