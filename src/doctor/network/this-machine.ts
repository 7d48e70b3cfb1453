import { networkInterfaces } from 'node:os';

/**
 * Returns the addresses at which other machines may reach this machine. Link-local IPv6 addresses are omitted, because
 * clients do not use them to reach a registry.
 */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => address)
    .filter((address) => !isLoopback(address) && !address.startsWith('fe80:'));
}

export function isOnThisMachine(host: string): boolean {
  return isLoopback(host) || ownAddresses().includes(host);
}

export function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.replace(/^::ffff:/, '').startsWith('127.');
}
