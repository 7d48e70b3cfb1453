import { startNode, type Child } from './child.ts';

export interface Bare extends Child {
  readonly origin: string;
  /** The length of the constant body, in bytes. */
  readonly bodyLength: number;
}

/** Starts bare-server.ts, with which dockpass is compared. */
export async function startBare(bodyLength: number): Promise<Bare> {
  const child = startNode([new URL('./bare-server.ts', import.meta.url).pathname, String(bodyLength)]);
  const [, port] = await child.line(/port (\d+)/);
  return { ...child, origin: `http://127.0.0.1:${port}`, bodyLength };
}
