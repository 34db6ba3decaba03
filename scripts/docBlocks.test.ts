import { describe, expect, test } from 'vitest';
import { markdownBlocks, tsdocBlocks } from './docBlocks.ts';

describe('docBlocks', () => {
  test('Markdown gives its ts blocks only, with the line where the code starts', () => {
    const text = [
      '# T',
      '```sh',
      'ls',
      '```',
      '',
      '```ts',
      'a();',
      'b();',
      '```',
      '```ts',
      'c();',
      '```',
    ];
    expect(markdownBlocks('r.md', text.join('\n'))).toEqual([
      { file: 'r.md', line: 7, code: 'a();\nb();' },
      { file: 'r.md', line: 11, code: 'c();' },
    ]);
  });

  test('TSDoc gives each @example up to the next tag, fenced or not', () => {
    const text = [
      'const x = 1;',
      '/**',
      ' * Text.',
      ' *',
      ' * @example',
      ' * f(1);',
      ' * // 2',
      ' *',
      ' * @example Two',
      ' * ```ts',
      ' * g();',
      ' * ```',
      ' * @see elsewhere',
      ' */',
    ].join('\n');
    expect(tsdocBlocks('a.ts', text)).toEqual([
      { file: 'a.ts', line: 6, code: 'f(1);\n// 2' },
      { file: 'a.ts', line: 11, code: 'g();' },
    ]);
  });
});
