import { delimiter, join, relative, resolve } from 'node:path';
import { fileURLToPath } from 'node:url';
import { formatSetupLink, setupInvitation } from '../admin/entry/setup-link.ts';
import type { Config } from '../config/load.ts';
import { packageFolder } from '../package-folder.ts';
import { isLocal, clientAddress, type EdgeAddress } from '../realm/client-address.ts';
import type { Secret } from '../secret.ts';
import { isExecutable } from './process/find-programs.ts';
import type { TlsChoice } from './tls/tls-choice.ts';

export interface StartedServer {
  readonly config: Config;
  readonly tls: TlsChoice;
  readonly hasUsers: boolean;
  /** The code of the link with which the first administrator is created. Undefined if there is an administrator. */
  readonly setupCode?: Secret | undefined;
  /** The command with which the user runs dockpass. The function {@link callingName} returns it. */
  readonly command: string;
  /**
   * The folder in which the user must run dockpass, because the settings depend on it. Undefined if the command works in
   * every folder. The function {@link neededFolder} returns it.
   */
  readonly folder: string | undefined;
  /** The path of the CA certificate, if the edge has a self-signed certificate. Otherwise undefined. */
  readonly authority: string | undefined;
}

/** Returns the lines that `dockpass up` prints after its start: the commands that a user needs next, and notes. */
export function nextSteps({
  config,
  tls,
  hasUsers,
  setupCode,
  command,
  folder,
  authority,
}: StartedServer): string[] {
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
    ...(hasUsers
      ? []
      : [
          ...(folder === undefined ? [] : [`  cd ${quoted(folder)}`]),
          `  ${command} user add NAME    # no one can log in yet`,
        ]),
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
  const setup = setupCode === undefined ? [] : setupLines(setupCode, config, listener);
  return [...setup, 'dockpass is up. Next:', ...steps, ...notes];
}

/** Returns the link with which the first administrator is created, and what a browser needs to open it. */
function setupLines(code: Secret, { up: { privateDomains } }: Config, edge: EdgeAddress): string[] {
  const link = formatSetupLink(code, privateDomains, edge);
  const { protocol, hostname } = new URL(link);
  const needsProxy = edge.isPlain && protocol === 'https:';
  return [
    upperFirst(setupInvitation),
    `  ${link}`,
    ...(needsProxy
      ? [
          `Browsers sign in only under HTTPS, so put the TLS proxy for ${hostname} in front of port ${edge.port} first. In a browser on this machine, http://localhost:${edge.port} works without it.`,
        ]
      : []),
  ];
}

function upperFirst(text: string): string {
  return `${text.charAt(0).toUpperCase()}${text.slice(1)}`;
}

/**
 * Returns the command with which the user can run dockpass: `dockpass` if a program of this name is on PATH, otherwise
 * the path of the program in this package. The command is never `npx dockpass`, because in another folder, npx would
 * look for a package of this name in the public registry of npm.
 * @param path the value of the environment variable PATH. Folders named `node_modules/.bin` are ignored, because npm
 *   adds them only to the PATH of its own child processes.
 * @param file the configuration file. The returned command contains `--config FILE`, unless dockpass reads this file by
 *   default.
 * @param folder the folder in which the user runs the command
 */
export function callingName(path: string, file: string | undefined, folder = process.cwd()): string {
  const isOnPath = path
    .split(delimiter)
    .filter((entry) => entry !== '' && !entry.endsWith(join('node_modules', '.bin')))
    .some((entry) => isExecutable(join(entry, 'dockpass')));
  const name = isOnPath ? 'dockpass' : quoted(programIn(folder));
  return file === undefined || defaultFiles.includes(file) ? name : `${name} --config ${quoted(file)}`;
}

/**
 * Returns the folder in which the user must run dockpass to change this database: the folder of this process, if the
 * settings are those of `./dockpass.yml` or the defaults. Undefined if the folder does not matter.
 */
export function neededFolder({ file, origins }: Pick<Config, 'file' | 'origins'>): string | undefined {
  const dependsOnFolder = file === undefined ? !origins.has('database') : file === 'dockpass.yml';
  return dependsOnFolder ? process.cwd() : undefined;
}

const defaultFiles: readonly string[] = ['dockpass.yml', '/etc/dockpass/dockpass.yml'];

function programIn(folder: string): string {
  const program = fileURLToPath(new URL('bin/dockpass', packageFolder));
  const path = relative(folder, program);
  return path.startsWith('..') ? resolve(program) : `./${path}`;
}

/** Quotes a text for the shell if it has a character that is special there. */
function quoted(text: string): string {
  return /^[\w./:@%+-]+$/.test(text) ? text : `'${text.replaceAll("'", String.raw`'\''`)}'`;
}
