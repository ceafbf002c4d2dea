import { expect, test } from 'vitest';
import { encodeFrame, FrameReader } from './frame.ts';

const bodies = [1, 5, 250, 254, 255, 600].map((length) =>
  Uint8Array.from({ length }, (_, i) => (length % 2 ? i % 7 : (i * 37) % 256)),
);

test('a body comes back, whatever zeros it has and however it is cut', () => {
  for (const body of bodies) {
    const reader = new FrameReader();
    const found = [...encodeFrame(body)].flatMap((byte) => reader.push(Uint8Array.of(byte)));
    expect(found.map((one) => one && [...one])).toEqual([[...body]]);
  }
});

test('no single wrong bit gives another body', () => {
  for (const body of bodies) {
    const frame = encodeFrame(body);
    for (let bit = 0; bit < 8 * frame.length; bit++) {
      const wrong = Uint8Array.from(frame);
      wrong[bit >> 3] = (wrong[bit >> 3] ?? 0) ^ (1 << (bit & 7));
      for (const found of new FrameReader().push(wrong)) if (found) expect([...found]).toEqual([...body]);
    }
  }
});
