import fc from 'fast-check';
import { expect, test } from 'vitest';
import { indented } from './indented.ts';
import { workgroupsFor } from './module-text.ts';

test('workgroups cover every item within the limits, with less than one row to spare', () => {
  fc.assert(
    fc.property(fc.integer({ min: 1, max: 2 ** 31 - 1 }), (count) => {
      const [x, y, z] = workgroupsFor({ count });
      expect(z).toBe(1);
      expect(Math.max(x, y)).toBeLessThanOrEqual(65535);
      expect(x * y * 64).toBeGreaterThanOrEqual(count);
      expect((x * y - y) * 64).toBeLessThan(count);
    }),
  );
});

test('indentation follows braces', () => {
  expect(indented('fn f() {\nif (a) {\nb;\n} else {\nc;\n}\n}\n\n\n\nfn g(\na: i32,\n) {\n}')).toBe(
    'fn f() {\n  if (a) {\n    b;\n  } else {\n    c;\n  }\n}\n\nfn g(\n  a: i32,\n) {\n}\n',
  );
});
