import fc from 'fast-check';
import { expect, test } from 'vitest';
import { SharedRing, type Slot } from '../../../../src/keys/signing/shared-ring.ts';

interface Entry {
  readonly slot: Slot;
  readonly payload: string;
  readonly material: number;
}

test('hands payloads and signatures over as a plain queue does', () => {
  const operation = fc.oneof(
    {
      weight: 4,
      arbitrary: fc.record({
        // The last length is too large for a slot.
        length: fc.constantFrom(0, 1, 100, 2048, 2049),
        material: fc.nat(),
      }),
    },
    { weight: 2, arbitrary: fc.constant('take' as const) },
    // The last length is too large for a slot. Undefined means that the other thread could not sign.
    { weight: 2, arbitrary: fc.record({ signature: fc.constantFrom(64, 512, 513, undefined) }) },
  );
  fc.assert(
    fc.property(fc.array(operation, { minLength: 100, maxLength: 300 }), (operations) => {
      const ring = new SharedRing();
      // The signing thread sees the same memory through a ring of its own.
      const other = new SharedRing(ring.memory);
      const pushed: Entry[] = [];
      const taken: Entry[] = [];
      let count = 0;
      for (const each of operations) {
        if (each === 'take') {
          const expected = pushed.shift();
          expect(other.take()).toBe(expected?.slot);
          if (expected === undefined) continue;
          const { payload, material } = other.readPayload(expected.slot);
          expect(Buffer.from(payload).toString('latin1')).toBe(expected.payload);
          expect(material).toBe(expected.material);
          taken.push(expected);
        } else if ('signature' in each) {
          const finished = taken.shift();
          if (finished === undefined) continue;
          expect(ring.isDone(finished.slot)).toBe(false);
          const bytes = each.signature === undefined ? undefined : Buffer.alloc(each.signature, count++);
          other.finish(finished.slot, bytes);
          expect(ring.isDone(finished.slot)).toBe(true);
          const fits = bytes !== undefined && bytes.length <= 512;
          expect(ring.readSignature(finished.slot)).toBe(fits ? bytes.toString('base64url') : undefined);
        } else {
          const payload = String(count++).padEnd(each.length, 'x').slice(0, each.length);
          const { next } = ring;
          const slot = ring.push(payload, each.material);
          const usedSlots = [...pushed, ...taken].map((entry) => entry.slot);
          if (slot === undefined) expect(each.length > 2048 || usedSlots.includes(next)).toBe(true);
          else {
            expect(usedSlots).not.toContain(slot);
            pushed.push({ slot, payload, material: each.material });
          }
        }
        expect(ring.untakenCount).toBe(pushed.length);
      }
    }),
  );
});
