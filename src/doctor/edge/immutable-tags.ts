import { randomUUID } from 'node:crypto';
import { scratchTagPrefix } from '../../registry/scratch-repository.ts';
import type { DoctorContext } from '../context.ts';
import type { ReachableDomain } from '../domains.ts';
import { noFindings, wrong } from '../finding.ts';
import { dockpassErrorOf, summarizeAnswer } from '../network/challenge.ts';
import { sendRequest, urlOf, type HttpAnswer } from '../network/http-request.ts';
import { createProbe } from '../probe.ts';
import { canDelete } from '../registry/registry-deletes.ts';
import { scratch } from '../scratch.ts';
import { clientWrites } from './client-writes.ts';
import { Client, manifestType, pushBlob, StepFailed } from './push-and-pull.ts';
import { robotToken } from './robot-login.ts';
import { tokenIn } from './token-answer.ts';

interface Measured {
  /** The answer to an empty manifest with a scratch tag, which only dockpass answers with an error of its own. */
  readonly toEmpty: HttpAnswer;
  /** The answer to the second push of a scratch tag. Undefined if doctor must not push, or could not push it once. */
  readonly second: HttpAnswer | undefined;
}

/**
 * Checks that the edge does not let clients push an immutable tag again. dockpass treats some tags of the scratch
 * repository as immutable, so doctor pushes one of them twice. If deletion is off in the registry, it pushes nothing, and
 * only checks that the edge sends such requests to dockpass.
 */
export const immutableTags = createProbe<ReachableDomain, Measured | undefined>({
  after: [clientWrites],
  // Public domains allow pulls only.
  measure: async (context, domain) =>
    domain.kind === 'private' && context.config.immutableTags.length > 0
      ? measure(context, domain)
      : undefined,
  judge: (measured, { target }) => {
    if (measured === undefined) return noFindings;
    const { toEmpty, second } = measured;
    const isProtected = second === undefined ? dockpassErrorOf(toEmpty) !== undefined : second.status >= 300;
    if (isProtected) return noFindings;
    const url = urlOf(target);
    return wrong('tags_not_protected', {
      problem:
        second !== undefined
          ? `A tag that is immutable was pushed twice through ${url}, and the second push replaced the first.`
          : `The edge under ${url} does not send the manifests of pushes to dockpass: it answered an empty manifest with ${summarizeAnswer(toEmpty)}.`,
      impact:
        'The setting immutableTags has no effect under this domain. Everyone who may push can overwrite the tags that it names.',
      fix: "Write the edge's configuration again, for example: dockpass init --edge-only --edge nginx (or caddy, or traefik) --out new-edge. Compare it with the configuration in use, copy it, and reload the edge. If dockpass up runs the edge, restart dockpass.",
    });
  },
});

async function measure(context: DoctorContext, { target }: ReachableDomain): Promise<Measured | undefined> {
  if (context.robot === undefined) return undefined;
  const path = `/v2/${scratch}/manifests/${scratchTagPrefix}${randomUUID()}`;
  const toEmpty = await sendRequest(target, path, { method: 'PUT' });
  if (!(await canDelete(context, target))) return { toEmpty, second: undefined };
  const client = new Client(target, tokenIn(await robotToken(context, { target }, context.robot)));
  try {
    return { toEmpty, second: await pushTwice(client, path) };
  } catch (error) {
    if (!(error instanceof StepFailed)) throw error;
    return { toEmpty, second: undefined };
  } finally {
    await client.cleanUp();
  }
}

/** Pushes two different manifests to one tag. @returns the answer to the second; undefined if the first failed */
async function pushTwice(client: Client, path: string): Promise<HttpAnswer | undefined> {
  const blob = await pushBlob(client, Buffer.from(randomUUID()));
  const put = async (annotation: string): Promise<HttpAnswer> => {
    const body = Buffer.from(
      JSON.stringify({
        schemaVersion: 2,
        mediaType: manifestType,
        config: { mediaType: 'application/vnd.oci.image.config.v1+json', ...blob },
        layers: [],
        annotations: { 'org.opencontainers.image.version': annotation },
      }),
    );
    const answer = await client.send(path, {
      method: 'PUT',
      headers: { 'Content-Type': manifestType },
      body,
    });
    const digest = answer.headers['docker-content-digest'];
    if (answer.status === 201 && typeof digest === 'string')
      client.created(`/v2/${scratch}/manifests/${digest}`);
    return answer;
  };
  return (await put('first')).status === 201 ? put('second') : undefined;
}
