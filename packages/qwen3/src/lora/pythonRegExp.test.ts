import { describe, expect, test } from 'vitest';
import { pythonRegExp } from './pythonRegExp.ts';

const NAMES = ['q_proj', 'layers.0.q_proj', 'layers.10.k_proj', 'mlp.up_proj', 'a+b', ']x'];

describe('pythonRegExp', () => {
  // The right column is what Python 3.11's re.fullmatch finds in NAMES.
  test.each([
    ['.*q_proj', ['q_proj', 'layers.0.q_proj']],
    ['q_proj|k_proj', ['q_proj']],
    [String.raw`layers\.(\d+)\.(q|k)_proj`, ['layers.0.q_proj', 'layers.10.k_proj']],
    [String.raw`layers\.\d{,1}\.\w+`, ['layers.0.q_proj']],
    [String.raw`\Alayers.*\Z`, ['layers.0.q_proj', 'layers.10.k_proj']],
    ['(?P<a>[lm])(?:ayers|lp)[.](?!0).*', ['layers.10.k_proj', 'mlp.up_proj']],
    ['.*(?P<l>y).*(?P=l).*', []],
    ['.*(?P<p>p).*(?P=p).*', ['mlp.up_proj']],
    [String.raw`a\+b`, ['a+b']],
    [String.raw`[\]]x`, [']x']],
    ['[^a-z]x', [']x']],
    ['.*_proj$', ['q_proj', 'layers.0.q_proj', 'layers.10.k_proj', 'mlp.up_proj']],
    ['Q_PROJ', []],
    ['', []],
  ])('%s matches whole names as in Python', (pattern, found) => {
    const expression = pythonRegExp(pattern);
    expect(expression).toBeInstanceOf(RegExp);
    expect(NAMES.filter((name) => (expression as RegExp).test(name))).toEqual(found);
  });

  test.each([
    '(?i)q_proj',
    '(?x) q _proj',
    '(?i:q)_proj',
    '(?>q)_proj',
    '(?(1)a|b)',
    '(?#note)q_proj',
    '(?<name>q)',
    'q++_proj',
    'q{1,2}+_proj',
    '[]q]_proj',
    '[^]q]_proj',
    '[q',
    '(q',
    String.raw`\N{BULLET}`,
    String.raw`\x71_proj`,
    String.raw`[\x71]_proj`,
    'q_proj\\',
    '*q',
  ])('%s is not the same in both languages, and says why', (pattern) => {
    expect(pythonRegExp(pattern)).toEqual({ unlike: expect.any(String) });
  });
});
