// The script of the signing thread, which signs payloads from the ring in shared memory.
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { createPayloadSigner, type SigningMaterial } from './payload-signer.ts';
import { SharedRing } from './shared-ring.ts';

/**
 * The data of a signing key, and the number by which payloads refer to this key. The event loop sends both to the
 * signing thread before it adds the first payload with this number. Each new key gets a higher number.
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
 * Signs a payload. Returns undefined if this thread cannot sign the payload. In that case, the event loop signs the
 * payload, and reports the error if signing fails there as well.
 */
function trySign(payload: Uint8Array, material: number): Uint8Array | undefined {
  try {
    // Read the messages with new keys here. A message handler would never run, because this thread does not return to
    // its event loop. The message with the key of this payload has already arrived, because the event loop sends it
    // before the payload.
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
