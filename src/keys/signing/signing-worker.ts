// The signing thread: it signs payloads that are left in the ring.
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { createPayloadSigner, type SigningMaterial } from './payload-signer.ts';
import { SharedRing } from './shared-ring.ts';

/**
 * What the event loop sends before the first payload that needs it: the key for payloads with this number. Numbers
 * grow.
 */
export interface NumberedMaterial {
  readonly number: number;
  readonly material: SigningMaterial;
}

const ring = new SharedRing(workerData as SharedArrayBuffer);
let known = 0;
let signPayload: ReturnType<typeof createPayloadSigner> | undefined;

for (;;) {
  ring.sleep();
  for (let slot = ring.take(); slot !== undefined; slot = ring.take()) {
    const { payload, material } = ring.readPayload(slot);
    ring.finish(slot, trySign(payload, material));
  }
}

/**
 * Returns undefined if this thread cannot sign the payload. Then the event loop signs it, and reports the error if
 * there is one.
 */
function trySign(payload: Uint8Array, material: number): Uint8Array | undefined {
  try {
    // The message was sent before the first payload that needs it. This thread never returns to its event loop, so
    // it reads messages here.
    while (known < material) {
      const { message } = receiveMessageOnPort(parentPort as MessagePort) as { message: NumberedMaterial };
      known = message.number;
      signPayload = createPayloadSigner(message.material);
    }
    return known === material ? signPayload?.(payload) : undefined;
  } catch {
    return undefined;
  }
}
