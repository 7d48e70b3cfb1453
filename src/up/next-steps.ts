import { delimiter, join } from 'node:path';
import type { Config } from '../config/load.ts';
import { isLocal, clientAddress } from '../realm/client-address.ts';
import { isExecutable } from './process/find-programs.ts';
import type { TlsChoice } from './tls/tls-choice.ts';

export interface StartedServer {
  readonly config: Config;
  readonly tls: TlsChoice;
  readonly hasUsers: boolean;
  /** The command with which the user runs dockpass. The function {@link callingName} returns it. */
  readonly command: string;
  /** The path of the CA certificate, if the edge has a self-signed certificate. Otherwise undefined. */
  readonly authority: string | undefined;
}

/** Returns the lines that `dockpass up` prints after its start: the commands that a user needs next, and notes. */
export function nextSteps({ config, tls, hasUsers, command, authority }: StartedServer): string[] {
  const port = config.up.port;
  const listener = { port, isPlain: tls.kind === 'off' };
  const [privateDomain] = config.up.privateDomains;
  const [publicDomain] = config.publicDomains;
  // Users can push only under a host name that is not a public domain. If TLS is off, clients reach dockpass through a
  // TLS proxy. If in addition no private domain is configured, only the configuration of the proxy contains a host name
  // for pushes.
  const isPrivateHostUnknown = tls.kind === 'off' && publicDomain !== undefined && !isLocal(publicDomain);
  const host =
    config.externalUrl?.host ??
    (privateDomain !== undefined
      ? clientAddress(privateDomain, listener)
      : isPrivateHostUnknown
        ? 'YOUR-PRIVATE-DOMAIN'
        : `localhost:${port}`);
  const pullHost = publicDomain === undefined ? host : clientAddress(publicDomain, listener);
  const steps = [
    ...(hasUsers ? [] : [`  ${command} user add NAME    # no one can log in yet`]),
    `  docker login ${host}`,
    `  docker tag IMAGE ${host}/hello && docker push ${host}/hello`,
    `  docker pull ${pullHost}/hello${publicDomain === undefined ? '' : '    # needs no login'}`,
  ];
  const notes = [
    ...(publicDomain === undefined
      ? [
          'There is no public domain yet. To let anyone pull from a domain D, start with --public-domain D, or set publicDomains in dockpass.yml.',
        ]
      : []),
    ...(tls.kind === 'off'
      ? [
          `The edge speaks plain HTTP on port ${port}. Put a TLS proxy in front of it. The proxy must pass on the Host header, including the port.`,
        ]
      : []),
    ...(authority === undefined
      ? []
      : [
          `To use the registry from another machine, copy ${authority} to /etc/docker/certs.d/HOST:PORT/ca.crt on that machine.`,
        ]),
  ];
  return ['dockpass is up. Next:', ...steps, ...notes];
}

/**
 * Returns the command with which the user can run dockpass: `dockpass` if a program of this name is on PATH, otherwise
 * `npx dockpass`. Folders named `node_modules/.bin` are ignored, because npx adds them only to the PATH of its own
 * child processes.
 * @param path the value of the environment variable PATH
 * @param file the configuration file. The returned command contains `--config FILE`, unless dockpass reads this file by
 *   default.
 */
export function callingName(path: string, file: string | undefined): string {
  const folders = path
    .split(delimiter)
    .filter((folder) => folder !== '' && !folder.endsWith(join('node_modules', '.bin')));
  const name = folders.some((folder) => isExecutable(join(folder, 'dockpass'))) ? 'dockpass' : 'npx dockpass';
  const isDefaultFile =
    file === undefined || file === 'dockpass.yml' || file === '/etc/dockpass/dockpass.yml';
  return isDefaultFile ? name : `${name} --config ${file}`;
}
