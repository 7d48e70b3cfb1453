import type { Config } from '../../config/load.ts';
import { acmeNames } from '../domain-names.ts';
import {
  certificateProbe,
  challengeProbe,
  keysProbe,
  portProbe,
  waitUntilHealthy,
  type Target,
} from '../probes.ts';
import type { UpOptions } from '../options.ts';
import { startChild, type ChildCommand } from '../process/child-process.ts';
import type { Supervisor } from '../process/supervisor.ts';
import type { EdgeCertificate } from '../tls/edge-certificate.ts';
import type { TlsChoice } from '../tls/tls-choice.ts';
import type { EdgeProgram } from './edge.ts';
import { reloadEdge, type RunningEdge } from './reload-edge.ts';

/**
 * Starts the registry. The promise resolves when the registry answers with a challenge that names the configured
 * service.
 */
export async function startRegistry(
  program: ChildCommand,
  { config, printStatus }: UpOptions,
  supervisor: Supervisor,
): Promise<void> {
  supervisor.add(startChild(program, printStatus));
  const { port } = config.up.registryListen;
  const target: Target = { host: '127.0.0.1', port, as: `localhost:${config.up.port}`, tls: false };
  const challenge = challengeProbe(target, { service: config.service, realm: () => true });
  await supervisor.run((signal) => waitUntilHealthy('the registry', challenge, signal));
}

/**
 * Starts the edge. The promise resolves when the registry and the token server answer through the edge. With ACME, the
 * promise already resolves when the edge listens on its port.
 */
export async function startEdge(
  program: EdgeProgram,
  { config, printStatus }: UpOptions,
  tls: TlsChoice,
  supervisor: Supervisor,
): Promise<RunningEdge> {
  const child = startChild(program, printStatus);
  supervisor.add(child);
  const localhost = `localhost:${config.up.port}`;
  const target: Target = { host: '127.0.0.1', port: config.up.port, as: localhost, tls: tls.kind !== 'off' };
  if (tls.kind === 'acme') {
    printStatus('Caddy is getting certificates. Until it has them, it rejects all TLS connections.');
    await supervisor.run((signal) => waitUntilHealthy('the edge', portProbe(target), signal));
    return { program, child };
  }
  const isExpected = (realm: string): boolean =>
    config.externalUrl === null
      ? realm.endsWith(`//${localhost}/auth/token`)
      : realm.startsWith(config.externalUrl.origin);
  let lastRealm = '';
  const challenge = challengeProbe(target, {
    service: config.service,
    realm: (realm) => isExpected((lastRealm = realm)),
  });
  await supervisor.run((signal) => waitUntilHealthy('the edge', challenge, signal));
  const keys = keysProbe(target);
  await supervisor.run((signal) => waitUntilHealthy('the token server behind the edge', keys, signal));
  const scheme = tls.kind === 'off' ? 'http' : 'https';
  if (config.externalUrl === null && !lastRealm.startsWith(`${scheme}:`)) {
    printStatus(
      'warning: registry 2.8 always sends clients to https, but the edge speaks plain HTTP. Put a TLS proxy in front of the edge, or, for plain HTTP on localhost, use registry 3.',
    );
  }
  return { program, child };
}

/** The edge, as a client on this machine reaches it. With ACME, it has no certificate for localhost. */
export function edgeTarget(config: Config, tls: TlsChoice): Target {
  const { port } = config.up;
  const name = tls.kind === 'acme' ? acmeNames(config)[0] : undefined;
  return { host: '127.0.0.1', port, as: `${name ?? 'localhost'}:${port}`, tls: tls.kind !== 'off' };
}

/**
 * Makes the running edge load its certificate file, and waits until the edge serves the certificate in that file.
 * @throws DockpassError `part_failed` if the edge still serves another certificate after 20 s
 */
export async function reloadCertificate(
  edge: RunningEdge,
  { tls }: EdgeCertificate,
  { config }: UpOptions,
  supervisor: Supervisor,
): Promise<void> {
  if (tls.kind !== 'files') return;
  await reloadEdge(edge);
  const { port } = config.up;
  const target: Target = { host: '127.0.0.1', port, as: `localhost:${port}`, tls: true };
  const servesFile = certificateProbe(target, tls.certificate);
  await supervisor.run((signal) => waitUntilHealthy('the edge', servesFile, signal));
}
