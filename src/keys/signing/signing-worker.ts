// A thread beside the event loop: signs what is left in the queue.
import { parentPort, receiveMessageOnPort, workerData, type MessagePort } from 'node:worker_threads';
import { createPayloadSigner, type SigningMaterial } from './payload-signer.ts';
import { SharedRing } from './shared-ring.ts';

/** What the event loop sends: what payloads with this number are to be signed with. Numbers grow. */
export interface NumberedMaterial {
  readonly number: number;
  readonly material: SigningMaterial;
}

const queue = new SharedRing(workerData as SharedArrayBuffer);
let known = 0;
let signPayload: ReturnType<typeof createPayloadSigner> | undefined;

for (;;) {
  queue.sleep();
  for (let place = queue.take(); place !== undefined; place = queue.take()) {
    const { payload, material } = queue.payloadAt(place);
    queue.finish(place, signed(payload, material));
  }
}

/** Undefined where it cannot be signed here: the event loop does it then, and meets what is wrong itself. */
function signed(payload: Uint8Array, material: number): Uint8Array | undefined {
  try {
    // It was sent before the first payload that wants it. A thread that never lets go gets no events.
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
