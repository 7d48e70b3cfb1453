import { createHash, randomBytes } from 'node:crypto';
import { sendRequest, urlOf, type HttpAnswer, type HttpRequest, type Target } from '../http-request.ts';
import { summarizeAnswer } from '../challenge.ts';
import { reachableDomains } from '../domains.ts';
import { noFindings, wrong, type Finding } from '../finding.ts';
import { bearer, scratch, createProbeToken, type DoctorContext, type Registry } from '../context.ts';
import { canDelete } from '../registry/registry-deletes.ts';

/** Bytes. */
const size = 1024 * 1024;

/**
 * A token, a blob uploaded, read and deleted again, by the way that clients take. Where deletion is off the upload is
 * given up before its end, so nothing stays behind there either.
 */
export async function roundTrip(patient: DoctorContext, registry: Registry): Promise<readonly Finding[]> {
  if (patient.keys === undefined || patient.readOnly) return noFindings;
  // Under a public name nobody writes.
  const door = reachableDomains(patient.domains).find(({ kind }) => kind === 'private');
  const target = door?.target ?? registry.target;
  try {
    await upload(patient, target);
    return noFindings;
  } catch (error) {
    if (!(error instanceof Refused)) throw error;
    return wrong('round_trip', {
      problem: `${error.step} at ${urlOf(target)} was answered with ${summarizeAnswer(error.answer)}.`,
      impact: 'Each part for itself answers as it should, yet a push fails.',
      fix:
        error.answer.status >= 500
          ? "See the registry's log: most often its storage cannot be written, or is full."
          : "See the registry's and the edge's log. A registry that mirrors another (proxy.remoteurl) takes no pushes.",
    });
  }
}

class Refused extends Error {
  readonly step: string;
  readonly answer: HttpAnswer;

  constructor(step: string, answer: HttpAnswer) {
    super(step);
    this.step = step;
    this.answer = answer;
  }
}

async function upload(patient: DoctorContext, target: Target): Promise<void> {
  const headers = bearer(await createProbeToken(patient, { actions: ['pull', 'push', 'delete'] }));
  const step = async (
    name: string,
    path: string,
    wanted: number,
    question: HttpRequest,
  ): Promise<HttpAnswer> => {
    const answer = await sendRequest(target, path, {
      ...question,
      headers: { ...headers, ...question.headers },
    });
    if (answer.status !== wanted) throw new Refused(name, answer);
    return answer;
  };
  const deletes = await canDelete(patient, target);
  const begun = await step('beginning an upload', `/v2/${scratch}/blobs/uploads/`, 202, { method: 'POST' });
  const blob = randomBytes(size);
  const type = { 'Content-Type': 'application/octet-stream', 'Content-Length': String(size) };
  const patched = await step('sending 1 MiB', pathIn(begun, target), 202, {
    method: 'PATCH',
    headers: type,
    body: blob,
  });
  if (!deletes) {
    await step('giving the upload up', pathIn(patched, target), 204, { method: 'DELETE' });
    return;
  }
  const digest = `sha256:${createHash('sha256').update(blob).digest('hex')}`;
  const end = pathIn(patched, target);
  const finish = `${end}${end.includes('?') ? '&' : '?'}digest=${encodeURIComponent(digest)}`;
  await step('finishing the upload', finish, 201, { method: 'PUT', headers: { 'Content-Length': '0' } });
  const read = await sendRequest(target, `/v2/${scratch}/blobs/${digest}`, { method: 'HEAD', headers });
  await step('deleting the blob', `/v2/${scratch}/blobs/${digest}`, 202, { method: 'DELETE' });
  if (read.status !== 200) throw new Refused('reading the blob', read);
}

/** Where the upload goes on: a client follows the Location as it stands, so it has to stay at this door. */
function pathIn(answer: HttpAnswer, target: Target): string {
  const location = new URL(answer.headers.location ?? '', urlOf(target));
  if (location.origin !== new URL(urlOf(target)).origin)
    throw new Refused(`following the upload to ${location.origin}`, answer);
  return location.pathname + location.search;
}
