import { supportedOps } from '@ghostc/onnx';
import { expect, test } from 'vitest';
import { notDrawn, opDraws } from './op-draws.ts';

test('every op that the reader knows is drawn, or listed as one that is not', () => {
  expect([...opDraws.keys(), ...notDrawn].sort()).toEqual(supportedOps);
});
