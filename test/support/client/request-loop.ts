import { request } from 'node:https';

/** Sends a request again and again while something on the other side changes. */
export interface RequestLoop {
  /** Stops the loop. @returns how many requests were sent, and a line for each answer that was not 200 */
  stop(): Promise<{ readonly sent: number; readonly failures: readonly string[] }>;
}

export interface LoopOptions {
  readonly headers?: Readonly<Record<string, string>>;
  /** The certificate of the CA that the client trusts, as PEM. */
  readonly ca: string;
}

/**
 * Starts to send GET requests, one after the other, each on its own connection, as different clients would. Resolves
 * when the first one was answered.
 */
export async function startRequestLoop(url: string, options: LoopOptions): Promise<RequestLoop> {
  const failures: string[] = [];
  let sent = 0;
  let isStopped = false;
  const sendOne = async (): Promise<void> => {
    sent += 1;
    const answer = await statusOf(url, options).catch(String);
    if (answer !== 200) failures.push(`request ${sent}: ${answer}`);
  };
  await sendOne();
  const loop = (async () => {
    while (!isStopped) await sendOne();
  })();
  return {
    stop: async () => {
      isStopped = true;
      await loop;
      return { sent, failures };
    },
  };
}

function statusOf(url: string, { headers, ca }: LoopOptions): Promise<number> {
  return new Promise((resolve, reject) => {
    const sent = request(url, { headers, ca, agent: false, timeout: 20_000 }, (answer) => {
      answer.resume().once('error', reject);
      answer.once('end', () => resolve(answer.statusCode ?? 0));
    });
    sent.once('error', reject).once('timeout', () => sent.destroy(new Error('no answer')));
    sent.end();
  });
}
