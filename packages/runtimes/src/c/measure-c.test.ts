import { expect, test } from 'vitest';
import { deepestStack } from './measure-c.ts';

test('the deepest path of a call graph', () => {
  const graph = `node: { title: "run" label: "run\\nm.c:9:5\\n40 bytes (static)\\n0 dynamic objects" }
node: { title: "m.c:a" label: "a\\nm.c:1:1\\n100 bytes (static)\\n0 dynamic objects" }
node: { title: "m.c:b" label: "b\\nm.c:2:1\\n16 bytes (static)\\n0 dynamic objects" }
edge: { sourcename: "run" targetname: "m.c:a" label: "m.c:3:3" }
edge: { sourcename: "run" targetname: "m.c:b" label: "m.c:4:3" }
edge: { sourcename: "m.c:b" targetname: "m.c:a" label: "m.c:5:3" }
edge: { sourcename: "m.c:a" targetname: "memcpy" label: "m.c:6:3" }`;
  expect(deepestStack(graph, 'run')).toBe(156);
});
