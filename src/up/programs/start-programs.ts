import type { EdgeCertificate } from '../tls/edge-certificate.ts';
import type { EdgePart } from './edge.ts';
import type { Supervisor } from '../process/supervisor.ts';
import {
  certificateProbe,
  challengeProbe,
  keysProbe,
  portProbe,
  untilAnswers,
  type Target,
} from '../probes.ts';
import { reloadEdge } from './reload-edge.ts';
import { startChild, type ChildCommand, type ChildProcess } from '../process/child-process.ts';
import type { TlsChoice } from '../tls/tls-choice.ts';
import type { UpOptions } from '../up.ts';

export async function startRegistry(
  part: ChildCommand,
  { config, say }: UpOptions,
  together: Supervisor,
): Promise<void> {
  together.add(startChild(part, say));
  const { port } = config.up.registryListen;
  const target: Target = { host: '127.0.0.1', port, as: `localhost:${config.up.port}`, tls: false };
  const challenge = challengeProbe(target, { service: config.service, realm: () => true });
  await together.during((giveUp) => untilAnswers('the registry', challenge, giveUp));
}

export async function startEdge(
  part: ChildCommand,
  { config, say }: UpOptions,
  tls: TlsChoice,
  together: Supervisor,
): Promise<ChildProcess> {
  const running = startChild(part, say);
  together.add(running);
  const here = `localhost:${config.up.port}`;
  const target: Target = { host: '127.0.0.1', port: config.up.port, as: here, tls: tls.kind !== 'off' };
  if (tls.kind === 'acme') {
    say('Caddy is getting certificates; until it has them, the edge refuses connections');
    await together.during((giveUp) => untilAnswers('the edge', portProbe(target), giveUp));
    return running;
  }
  const scheme = tls.kind === 'off' ? 'http' : 'https';
  const isOurs = (realm: string): boolean =>
    config.externalUrl === null
      ? realm.endsWith(`//${here}/auth/token`)
      : realm.startsWith(config.externalUrl.origin);
  let seen = '';
  const challenge = challengeProbe(target, {
    service: config.service,
    realm: (realm) => isOurs((seen = realm)),
  });
  await together.during((giveUp) => untilAnswers('the edge', challenge, giveUp));
  const keys = keysProbe(target);
  await together.during((giveUp) => untilAnswers('the token server behind the edge', keys, giveUp));
  if (config.externalUrl === null && !seen.startsWith(`${scheme}:`)) {
    say(
      'warning: registry 2.8 sends clients to https always: it works behind a TLS proxy; for plain HTTP on localhost take registry 3',
    );
  }
  return running;
}

/** @throws where the edge still shows another one after a while */
export async function takeCertificate(
  edge: EdgePart,
  running: ChildProcess,
  { tls }: EdgeCertificate,
  { config }: UpOptions,
  together: Supervisor,
): Promise<void> {
  if (tls.kind !== 'files') return;
  await reloadEdge(edge, running);
  const { port } = config.up;
  const target: Target = { host: '127.0.0.1', port, as: `localhost:${port}`, tls: true };
  const shows = certificateProbe(target, tls.certificate);
  await together.during((giveUp) => untilAnswers('the edge', shows, giveUp));
}
