import { urlOf, sendRequest, type HttpAnswer } from '../network/http-request.ts';
import type { Registry } from '../context.ts';
import { noFindings, wrong } from '../finding.ts';
import { createProbe } from '../probe.ts';
import { bearer, createProbeToken } from '../probe-token.ts';
import { scratch } from '../scratch.ts';
import { registryTrustsUs } from './registry-trusts-us.ts';

/**
 * Checks that the registry accepts uploads. The probe starts an upload and cancels it. Only the answer to the request
 * that starts the upload is judged.
 */
export const registryTakesPushes = createProbe<Registry, HttpAnswer | undefined>({
  after: [registryTrustsUs],
  measure: async (context, { target }) => {
    if (context.readOnly || context.keys === undefined) return undefined;
    const headers = bearer(await createProbeToken(context, { actions: ['pull', 'push', 'delete'] }));
    const begun = await sendRequest(target, `/v2/${scratch}/blobs/uploads/`, { method: 'POST', headers });
    if (begun.status === 202 && begun.headers.location !== undefined) {
      const { pathname, search } = new URL(begun.headers.location, urlOf(target));
      await sendRequest(target, pathname + search, { method: 'DELETE', headers });
    }
    return begun;
  },
  judge: (begun, { url, file }) => {
    const fromRegistry = begun?.headers['docker-distribution-api-version'] !== undefined;
    if (begun?.status !== 405 || !fromRegistry) return noFindings;
    // A pull-through cache answers the start of an upload with the error code UNSUPPORTED. A registry in read-only mode
    // answers without this code.
    if (begun.body.includes('UNSUPPORTED'))
      return wrong('registry_is_mirror', {
        problem: `The registry at ${url.origin} answers the start of an upload with 405, because it is a pull-through cache of another registry.`,
        impact: 'No one can push to this registry.',
        fix: `Remove the proxy section (proxy.remoteurl) from ${file?.path ?? "the registry's configuration"} and restart the registry. Or run a second registry for pushes.`,
      });
    return wrong('registry_read_only', {
      problem: `The registry at ${url.origin} answers the start of an upload with 405, because it is in read-only mode.`,
      impact: 'No one can push or delete images.',
      fix: `If no garbage collection is running, remove storage.maintenance.readonly from ${file?.path ?? "the registry's configuration"} or unset REGISTRY_STORAGE_MAINTENANCE_READONLY. Then restart the registry.`,
    });
  },
});
