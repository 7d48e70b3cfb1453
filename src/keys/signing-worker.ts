// A thread beside the event loop: signs what comes, in the order in which it comes.
import { parentPort } from 'node:worker_threads';
import { payloadSigner, type ToThread } from './sign-together.ts';

let signPayload: ((payload: string) => string) | undefined;

parentPort?.on('message', (message: ToThread) => {
  if (typeof message !== 'string') signPayload = payloadSigner(message);
  else if (signPayload === undefined) throw new Error('payloads came before the key');
  else parentPort?.postMessage(message.split('\n').map(signPayload).join('\n'));
});
