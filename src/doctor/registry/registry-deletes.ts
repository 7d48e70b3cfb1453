import { randomBytes } from 'node:crypto';
import { sendRequest, type Target } from '../http-request.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import { bearer, scratch, createProbeToken, type DoctorContext, type Registry } from '../context.ts';

/** Can images be deleted, where somebody asked for it? */
export async function registryDeletes(
  patient: DoctorContext,
  registry: Registry,
): Promise<readonly Finding[]> {
  const asked = whoAsks(patient, registry);
  if (asked === undefined || (await canDelete(patient, registry.target))) return noFindings;
  return wrong('deletion_off', {
    problem: `${asked}, but the registry answers DELETE with 405: deletion is switched off.`,
    impact: 'Nobody can delete an image, whatever rights they hold.',
    fix:
      registry.file?.deletes === true
        ? `Restart the registry: ${registry.file.path} has storage.delete.enabled: true, but was changed after it started.`
        : "Set storage.delete.enabled: true in the registry's configuration (or REGISTRY_STORAGE_DELETE_ENABLED=true), and restart it.",
  });
}

function whoAsks({ config, environment }: DoctorContext, { file }: Registry): string | undefined {
  if (file?.deletes === true) return `${file.origin} has storage.delete.enabled: true`;
  if (environment['REGISTRY_STORAGE_DELETE_ENABLED'] === 'true')
    return 'REGISTRY_STORAGE_DELETE_ENABLED=true is set';
  const rule = config.policy.find(({ effect, actions }) => effect === 'allow' && actions.includes('delete'));
  return rule === undefined ? undefined : `rule ${rule.number} of the policy allows delete`;
}

/** Asked about a blob that nobody has, so nothing is lost: 405 where deletion is off, else 404. */
export async function canDelete(patient: DoctorContext, target: Target): Promise<boolean> {
  const path = `/v2/${scratch}/blobs/sha256:${randomBytes(32).toString('hex')}`;
  const headers = bearer(await createProbeToken(patient, { actions: ['delete'] }));
  return (await sendRequest(target, path, { method: 'DELETE', headers })).status !== 405;
}
