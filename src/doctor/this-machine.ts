import { networkInterfaces } from 'node:os';

/** Addresses under which other machines may reach this one; link-local ones want a zone, and nobody uses them. */
export function ownAddresses(): string[] {
  return Object.values(networkInterfaces())
    .flatMap((addresses) => addresses ?? [])
    .map(({ address }) => address)
    .filter((address) => !isLoopback(address) && !address.startsWith('fe80:'));
}

export function isOnThisMachine(host: string): boolean {
  return isLoopback(host) || ownAddresses().includes(host);
}

function isLoopback(host: string): boolean {
  return host === 'localhost' || host === '::1' || host.startsWith('127.');
}
