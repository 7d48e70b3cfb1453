import { delimiter, join } from 'node:path';
import type { Config } from '../config/load.ts';
import { isLocal, clientAddress } from '../realm/client-address.ts';
import { isExecutable } from './process/find-programs.ts';
import type { TlsChoice } from './tls/tls-choice.ts';

export interface Situation {
  readonly config: Config;
  readonly tls: TlsChoice;
  readonly hasUsers: boolean;
  /** How this person calls dockpass: see {@link callingName}. */
  readonly command: string;
  /** Of a self-signed certificate. */
  readonly authority: string | undefined;
}

/** What a person needs next, to be copied line by line. */
export function nextSteps({ config, tls, hasUsers, command, authority }: Situation): string[] {
  const port = config.up.port;
  const door = { port, isPlain: tls.kind === 'off' };
  const priv = config.up.privateDomains[0];
  const pub = config.publicDomains[0];
  const outside = config.externalUrl?.host;
  // Behind a TLS proxy every name that it forwards is private, but for the public ones; which, nobody told us.
  const unknown = tls.kind === 'off' && pub !== undefined && !isLocal(pub);
  const host =
    outside ??
    (priv !== undefined ? clientAddress(priv, door) : unknown ? 'YOUR.PRIVATE.NAME' : `localhost:${port}`);
  const steps = [
    ...(hasUsers ? [] : [`  ${command} user add NAME    # nobody can log in yet`]),
    `  docker login ${host}`,
    `  docker tag IMAGE ${host}/hello && docker push ${host}/hello`,
    `  docker pull ${pub === undefined ? host : clientAddress(pub, door)}/hello${pub === undefined ? '' : '    # anyone, without a login'}`,
  ];
  const notes = [
    ...(pub === undefined
      ? [
          `No name is public yet: start with --public-domain D, or set publicDomains in dockpass.yml, and anyone pulls under D.`,
        ]
      : []),
    ...(tls.kind === 'off'
      ? [`Plain HTTP on port ${port}: put a TLS proxy in front that passes the Host on, port included.`]
      : []),
    ...(authority === undefined
      ? []
      : [`From another machine, trust ${authority}: copy it to /etc/docker/certs.d/HOST:PORT/ca.crt there.`]),
  ];
  return ['dockpass is up. Next:', ...steps, ...notes];
}

/**
 * `dockpass`, or what it takes where it is not on the person's PATH: npx puts it on its own alone. With the file that
 * was read, unless it is found without being named.
 */
export function callingName(path: string, file: string | undefined): string {
  const folders = path
    .split(delimiter)
    .filter((folder) => folder !== '' && !folder.endsWith(join('node_modules', '.bin')));
  const name = folders.some((folder) => isExecutable(join(folder, 'dockpass'))) ? 'dockpass' : 'npx dockpass';
  const found = file === undefined || file === 'dockpass.yml' || file === '/etc/dockpass/dockpass.yml';
  return found ? name : `${name} --config ${file}`;
}
