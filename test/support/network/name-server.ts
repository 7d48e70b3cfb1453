import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { afterwards } from '../run/afterwards.ts';

/** The address of Docker's DNS server in each container. */
export const dockerNameServer = '127.0.0.11';

/**
 * Starts a DNS server (RFC 1035) at `dockerNameServer` that answers as Docker's DNS server does: with all addresses of
 * a service, and a different address first each time. For an unknown name it answers NXDOMAIN. It needs root, because
 * it listens on port 53.
 */
export async function startNameServer(names: Readonly<Record<string, readonly string[]>>): Promise<void> {
  const socket = createSocket('udp4');
  let turn = 0;
  socket.on('message', (question, { port, address }) => {
    const name = nameIn(question);
    const known = names[name] ?? [];
    const from = turn++ % Math.max(1, known.length);
    socket.send(answer(question, name, [...known.slice(from), ...known.slice(0, from)]), port, address);
  });
  socket.bind(53, dockerNameServer);
  await once(socket, 'listening');
  afterwards(async () => {
    socket.close();
    await once(socket, 'close');
  });
}

const headerLength = 12;

/** Reads the name in the first question: a sequence of labels, each preceded by its length. */
function nameIn(question: Buffer): string {
  const labels: string[] = [];
  for (let at = headerLength; ;) {
    const length = question.readUInt8(at);
    if (length === 0) return labels.join('.');
    labels.push(question.toString('latin1', at + 1, at + 1 + length));
    at += 1 + length;
  }
}

function answer(question: Buffer, name: string, addresses: readonly string[]): Buffer {
  const end = headerLength + name.length + 2 + 4;
  const asksForIpv4 = question.readUInt16BE(end - 4) === 1;
  const records = asksForIpv4 ? addresses.map(recordOf) : [];
  const header = Buffer.from(question.subarray(0, headerLength));
  // The flags of a response from a recursive server: without an error, or NXDOMAIN if the name has no address.
  header.writeUInt16BE(addresses.length > 0 ? 0x8180 : 0x8183, 2);
  header.writeUInt16BE(1, 4);
  header.writeUInt16BE(records.length, 6);
  header.writeUInt32BE(0, 8);
  return Buffer.concat([header, question.subarray(headerLength, end), ...records]);
}

/** Encodes an A record of class IN with a TTL of one second. Its name points to the name in the question (byte 12). */
function recordOf(address: string): Buffer {
  return Buffer.from([0xc0, 0x0c, 0, 1, 0, 1, 0, 0, 0, 1, 0, 4, ...address.split('.').map(Number)]);
}
