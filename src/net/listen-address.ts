/** The address and port on which a server listens. */
export interface ListenAddress {
  readonly host: string;
  readonly port: number;
}

/**
 * Parses `127.0.0.1:5002`, `[::1]:5002`, `:5002` or `5002`. The last two forms, without an address, mean all network
 * interfaces.
 * @returns undefined if the text has none of these forms
 */
export function parseListen(text: string): ListenAddress | undefined {
  const parts = /^(?:(\[[0-9a-fA-F:]+\]|[A-Za-z0-9_.-]+|)?:)?(\d{1,5})$/.exec(text);
  if (parts === null || Number(parts[2]) > 65535) return undefined;
  const host = (parts[1] ?? '').replace(/^\[|\]$/g, '');
  return { host: host === '' ? '::' : host, port: Number(parts[2]) };
}

/**
 * Returns the address at which a program on this machine reaches a server with this listen address. If the server
 * listens on all network interfaces, this is the loopback address.
 */
export function localAddressOf({ host, port }: ListenAddress): ListenAddress {
  return { host: host === '::' || host === '0.0.0.0' ? '127.0.0.1' : host, port };
}

export function formatListen({ host, port }: ListenAddress): string {
  return host.includes(':') ? `[${host}]:${port}` : `${host}:${port}`;
}
