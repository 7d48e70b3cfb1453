import { isIP } from 'node:net';

/**
 * Kubernetes sets environment variables in each container for each Service of the namespace
 * (https://kubernetes.io/docs/concepts/services-networking/service/#environment-variables), called service links. For a
 * Service with the name `dockpass-edge`, these are `DOCKPASS_EDGE_SERVICE_HOST`, `DOCKPASS_EDGE_SERVICE_PORT`,
 * `DOCKPASS_EDGE_PORT`, `DOCKPASS_EDGE_PORT_443_TCP` and so on. They look like settings of dockpass or of the registry,
 * although no one has set them.
 */

type Variables = Readonly<Record<string, string | undefined>>;

/** What follows the name of the Service and an underscore in the name of a variable. */
const ending =
  /^(?:(SERVICE_HOST)|(SERVICE_PORT(?:_[A-Z0-9_]+)?)|(PORT)|PORT_(\d{1,5})_(TCP|UDP|SCTP)(?:_(PROTO|PORT|ADDR))?)$/;
const url = /^(?:tcp|udp|sctp):\/\/(\[[0-9a-fA-F:.]+\]|[^\s:/[\]]+)(?::(\d{1,5}))?$/;

/**
 * Returns true if the variable is a service link: if it has the name and the value of one, and if other variables show
 * which Service it belongs to. If the value is a URL such as `tcp://10.0.0.1:443`, the other variables are not needed,
 * because no setting has such a value. They are needed nevertheless if the name of the variable is also the name of a
 * setting.
 * @param isSetting true if the name of the variable is also the name of a setting, such as DOCKPASS_UP_PORT
 */
export function isServiceLink(name: string, variables: Variables, isSetting: boolean): boolean {
  // The name of the Service can contain the words of an ending, as in DOCKPASS_SERVICE_PORT_443_TCP of the Service
  // `dockpass-service`. So each underscore can be the one after the name of the Service.
  return [...name.matchAll(/_/g)].some(({ index }) =>
    isLinkOf(name.slice(0, index), name.slice(index + 1), variables[name], variables, isSetting),
  );
}

function isLinkOf(
  prefix: string,
  rest: string,
  value: string | undefined,
  variables: Variables,
  isSetting: boolean,
): boolean {
  const parts = ending.exec(rest);
  if (value === undefined || parts === null) return false;
  const [, serviceHost, servicePort, port, linkPort, protocol, detail] = parts;
  const host = variables[`${prefix}_SERVICE_HOST`];
  const hasService = host !== undefined && isIP(host) !== 0;
  if (serviceHost !== undefined) return !isSetting && hasService;
  if (servicePort !== undefined)
    return !isSetting && isPort(value) && (hasService || isCompleteUrl(variables[`${prefix}_PORT`]));
  if (isSetting && !hasService) return false;
  if (port !== undefined) return hasService ? url.test(value) : isCompleteUrl(value);
  switch (detail) {
    case undefined:
      return hasService ? url.test(value) : isCompleteUrl(value, linkPort);
    case 'PROTO':
      return value === protocol?.toLowerCase();
    case 'PORT':
      return value === linkPort;
    default:
      return isIP(value) !== 0;
  }
}

/** Returns the line of the log that names the ignored variables. */
export function describeServiceLinks(names: readonly string[]): string {
  return `ignored environment variables that Kubernetes sets for a Service: ${names.join(', ')}. To avoid them, set enableServiceLinks: false in the Pod.`;
}

/** Returns true if the text is a URL such as `tcp://10.0.0.1:443` or `tcp://[fd00::1]:443`. */
function isCompleteUrl(text: string | undefined, wantedPort?: string): boolean {
  const [, host = '', port] = url.exec(text ?? '') ?? [];
  return (
    isIP(host.replace(/^\[|\]$/g, '')) !== 0 &&
    port !== undefined &&
    isPort(port) &&
    (wantedPort === undefined || port === wantedPort)
  );
}

function isPort(text: string): boolean {
  return /^\d{1,5}$/.test(text) && Number(text) <= 65_535;
}
