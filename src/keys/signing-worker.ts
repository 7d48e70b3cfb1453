// A thread beside the event loop: signs what comes, in the order in which it comes.
import { parentPort } from 'node:worker_threads';
import { signPayload, type SigningMaterial, type ToThread } from './sign-together.ts';

let material: SigningMaterial | undefined;

parentPort?.on('message', (message: ToThread) => {
  if (typeof message !== 'string') {
    material = message;
    return;
  }
  const signWith = material;
  if (signWith === undefined) throw new Error('payloads came before the key');
  const signatures = message.split('\n').map((payload) => signPayload(signWith, payload));
  parentPort?.postMessage(signatures.join('\n'));
});
