import { createServer } from 'node:net';

/** The ports that a first start takes. A test that follows the README to the letter needs them all. */
export const fixedPorts = [5000, 5001, 5002, 5003] as const;

/** Which of them somebody holds, who is no part of this test. */
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
