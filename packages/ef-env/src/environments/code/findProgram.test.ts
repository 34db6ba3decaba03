import { describe, expect, test } from 'vitest';
import { findProgram } from './findProgram.ts';

const py = (...codes: string[]): string =>
  codes.map((code) => `Text.\n\n\`\`\`python\n${code}\n\`\`\``).join('\n\n');
const js = (...codes: string[]): string => py(...codes).replaceAll('```python', '```js');
const find = (
  answer: string,
  mode: 'stdio' | 'function' | 'assert' = 'function',
  { entry = 'solve', language = 'python' as 'python' | 'javascript' } = {},
): string | undefined => findProgram(answer, { mode, entry, language })?.trim();

const SOLVE = 'def solve(n):\n    return n + 1';
const MAIN = 'n = int(input())\nprint(n + 1)';

describe('of several blocks', () => {
  test.each<[string, string, string, 'stdio' | 'function' | 'assert']>([
    ['an example usage is left out', py(SOLVE, 'print(solve(3))'), SOLVE, 'function'],
    [
      'asserts are left out',
      py(SOLVE, 'assert solve(3) == 4\nassert solve(0) == 1'),
      SOLVE,
      'function',
    ],
    ['the last version counts', py('def solve(n):\n    return n', SOLVE), SOLVE, 'function'],
    [
      'imports before it are put to it',
      py(
        'import math\nfrom typing import List',
        'def solve(n: List[int]):\n    return math.gcd(*n)',
      ),
      'import math\nfrom typing import List\n\ndef solve(n: List[int]):\n    return math.gcd(*n)',
      'function',
    ],
    [
      'a helper behind it is put to it',
      py('def solve(n):\n    return helper(n)', 'def helper(n):\n    return n'),
      'def solve(n):\n    return helper(n)\n\ndef helper(n):\n    return n',
      'function',
    ],
    [
      'a name in a comment is no use',
      py('import math', `# math\n${SOLVE}`),
      `# math\n${SOLVE}`,
      'function',
    ],
    ['without the function the last counts', py('a = 1', 'b = 2'), 'b = 2', 'function'],
    ['a program that reads is the program', py(MAIN, 'print(4)'), MAIN, 'stdio'],
    [
      'the last of two programs',
      py(MAIN, 'import sys\nprint(int(sys.stdin.read()) + 1)'),
      'import sys\nprint(int(sys.stdin.read()) + 1)',
      'stdio',
    ],
    [
      'a call of what was defined before',
      py('def main():\n    print(input())', 'main()'),
      'def main():\n    print(input())\n\nmain()',
      'stdio',
    ],
    ['a program that reads nothing', py('print(1)', 'print(2)'), 'print(2)', 'stdio'],
    [
      'functions of an assertion',
      py('def f(n):\n    return n', 'def g(n):\n    return n', 'print(f(1))'),
      'def f(n):\n    return n\n\ndef g(n):\n    return n',
      'assert',
    ],
    [
      'only the last version of one',
      py('def f(n):\n    return 0', 'def f(n):\n    return n'),
      'def f(n):\n    return n',
      'assert',
    ],
  ])('%s', (_, answer, program, mode) => {
    expect(find(answer, mode)).toBe(program);
  });

  test.each([
    ['function solve(n) { return n; }', 'console.log(solve(3));'],
    ['const solve = (n) => n;', 'console.assert(solve(3) === 3);'],
    ['class Solution {\n  solve(n) { return n; }\n}', 'new Solution().solve(3);'],
    ['export default function solve(n) { return n; }', 'solve(1)'],
    ['exports.solve = (n) => n;', 'solve(1)'],
  ])('JavaScript: %s', (program, usage) => {
    expect(find(js(program, usage), 'function', { language: 'javascript' })).toBe(program);
  });

  test('JavaScript that reads', () => {
    const program =
      "const lines = require('fs').readFileSync(0, 'utf8').split('\\n');\nconsole.log(lines.length);";
    expect(find(js(program, 'console.log(3);'), 'stdio', { language: 'javascript' })).toBe(program);
  });

  test('a method of a class', () => {
    const program = 'class Solution:\n    def twoSum(self, a):\n        return a';
    for (const entry of ['twoSum', 'Solution.twoSum', 'Solution().twoSum']) {
      expect(find(py(program, 'print(Solution().twoSum([1]))'), 'function', { entry })).toBe(
        program,
      );
    }
  });
});

describe('fences', () => {
  test.each([
    '```python\nX\n```',
    '```Python title="a.py"\nX\n```',
    '```{.python}\nX\n```',
    '```{python}\nX\n```',
    '``` {.python .numberLines}\nX\n```',
    '```python3.11\nX\n```',
    '~~~py\nX\n~~~',
    '````python\nX\n````',
    '    ```python\n    X\n    ```',
    '1. So:\n\n   ```python\n   X\n   ```',
    '- ```python\n  X\n  ```',
    '> ```python\n> X\n> ```',
    '```\nX\n```',
    '```python\nX',
    '```python\r\nX\r\n```\r\n',
  ])('%j', (text) => {
    const answer = text.replace(/^([> ]*)X/m, (_, before) => SOLVE.replace(/^/gm, before));
    expect(find(answer)).toBe(SOLVE);
  });

  test('other languages and blank blocks are none', () => {
    expect(find('```bash\npython main.py\n```')).toBeUndefined();
    expect(find('```python\n\n```')).toBeUndefined();
    expect(find(`${py(SOLVE)}\n\n\`\`\`\n7\n\`\`\``)).toBe(SOLVE);
  });
});
