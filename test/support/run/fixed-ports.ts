import { createServer } from 'node:net';

/** The default ports of `dockpass up`. A test that follows the README exactly needs all of them. */
export const fixedPorts = [5000, 5001, 5002, 5003, 5004] as const;

/** Returns the fixed ports that are in use by other programs. */
export async function takenPorts(): Promise<number[]> {
  const taken: number[] = [];
  for (const port of fixedPorts) {
    const isFree = await new Promise<boolean>((resolve) => {
      const server = createServer();
      server.once('error', () => resolve(false));
      server.listen(port, () => server.close(() => resolve(true)));
    });
    if (!isFree) taken.push(port);
  }
  return taken;
}
