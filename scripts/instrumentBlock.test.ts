import { describe, expect, test } from 'vitest';
import { instrumentBlock } from './instrumentBlock.ts';

describe('instrumentBlock', () => {
  test('literal comments become checks, prose stays', () => {
    const { code, checks } = instrumentBlock(
      ['f(1); // 2', 'const x = g(); // [1]', 'console.log(x); // [1]', 'h(); // [P * G]'].join(
        '\n',
      ),
    );
    expect(checks).toBe(3);
    expect(code.split('\n')).toEqual([
      'await check(f(1), "2", 1); // 2',
      'const x = g(); await check(x, "[1]", 2); // [1]',
      'await check(x, "[1]", 3); // [1]',
      'h(); // [P * G]',
    ]);
  });

  test('a literal may stand below its statement, over several lines', () => {
    const { code } = instrumentBlock('f({\n  a: 1,\n});\n// [1,\n//  2]\ng();');
    expect(code).toBe('await check(f({\n  a: 1,\n}), "[1,\\n  2]", 1);\n// [1,\n//  2]\ng();');
  });

  test('free names are what the block neither declares nor imports', () => {
    const block =
      "import { a } from 'x';\nconst b = a.c({ d: e, f });\nconst g = (h) => h + b;\nk(g);";
    expect([...instrumentBlock(block).freeNames].sort()).toEqual(['e', 'f', 'k']);
  });
});
