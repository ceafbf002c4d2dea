import { supportedOps } from '@ghostc/onnx';
import { expect, test } from 'vitest';
import { opDraws } from './op-draws.ts';

test('every op that the reader knows is drawn', () => {
  expect([...opDraws.keys()].sort()).toEqual(supportedOps);
});
