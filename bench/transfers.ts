import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { setTimeout as wait } from 'node:timers/promises';
import type { LargeImage } from './large-image.ts';
import type { Lane } from './lanes.ts';
import { minus, type Cost } from './process-cost.ts';

export type Direction = 'push' | 'pull';

/** One transfer of the layer. */
export interface Transfer {
  /** Milliseconds, including the start of the client and its token request. */
  readonly duration: number;
  readonly node: Cost;
  readonly edge: Cost;
}

/** The same transfer with and without tokens, one directly after the other. */
export interface Pair {
  readonly tokens: Transfer;
  readonly bare: Transfer;
}

export interface Measured extends Record<Direction, Pair[]> {
  /** Processor time of Node in one second without a transfer, in milliseconds. */
  readonly idle: number;
}

/** Milliseconds. */
const idleTime = 10_000;

export interface TransferOrder {
  readonly crane: string;
  readonly image: LargeImage;
  readonly lanes: { readonly tokens: Lane; readonly bare: Lane };
  readonly pairs: number;
}

/**
 * Pushes and pulls in turn, each with and without tokens; which of the two comes first alternates. The first pair does
 * not count: it warms up the servers, and pushes the layer that is pulled later.
 */
export async function measureTransfers(order: TransferOrder): Promise<Measured> {
  let idle = 0;
  const pairs: Record<Direction, Pair[]> = { push: [], pull: [] };
  for (let at = 0; at <= order.pairs; at++) {
    for (const direction of ['push', 'pull'] as const) {
      const pair = await measurePair(order, direction, at);
      if (at > 0) pairs[direction].push(pair);
    }
    if (at === 0) idle = await idleOf(order.lanes.tokens);
  }
  return { ...pairs, idle };
}

/** Even an idle Node process uses some processor time, because it checks files and clocks. */
async function idleOf(lane: Lane): Promise<number> {
  const before = lane.costOfNode();
  await wait(idleTime);
  return (lane.costOfNode().computed - before.computed) / 1e6 / (idleTime / 1000);
}

async function measurePair(order: TransferOrder, direction: Direction, at: number): Promise<Pair> {
  const { tokens, bare } = order.lanes;
  const measured = (lane: Lane): Promise<Transfer> =>
    measure(lane, order.crane, argsFor(direction, order.image, lane, at));
  if (at % 2 === 0) {
    const first = await measured(tokens);
    return { tokens: first, bare: await measured(bare) };
  }
  const first = await measured(bare);
  return { bare: first, tokens: await measured(tokens) };
}

/** Each push uses another repository, because a client does not upload a layer that the repository already has. */
function argsFor(direction: Direction, image: LargeImage, { host }: Lane, at: number): string[] {
  if (direction === 'push') return ['push', image.directory, `${host}/large-${at}:1`];
  return ['blob', `${host}/large-0@${image.layerDigest}`];
}

async function measure(lane: Lane, crane: string, args: readonly string[]): Promise<Transfer> {
  const before = { node: lane.costOfNode(), edge: lane.costOfEdge() };
  const begin = performance.now();
  const child = spawn(crane, [...args], { env: lane.env, stdio: ['ignore', 'ignore', 'pipe'] });
  let errorOutput = '';
  child.stderr.on('data', (chunk: Buffer) => (errorOutput += chunk.toString()));
  const [status] = (await once(child, 'close')) as [number | null];
  const duration = performance.now() - begin;
  if (status !== 0) throw new Error(`crane ${args.join(' ')} failed:\n${errorOutput}`);
  return {
    duration,
    node: minus(lane.costOfNode(), before.node),
    edge: minus(lane.costOfEdge(), before.edge),
  };
}
