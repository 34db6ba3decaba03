import { describe, expect, test } from 'vitest';
import { shadowedVariable } from './shadowedVariable.ts';

const inKernel = (body: string) => shadowedVariable(`function kernel(x, y) { ${body} }`);

describe('shadowedVariable', () => {
  test.each([
    ['let in a branch', 'let v = 1; if (x < 0) { let v = 5; v += 1; } return v;', 'v'],
    ['const in a bare block', 'let v = 1; { const v = 2; } return v;', 'v'],
    ['two blocks deep', 'let v = 1; if (x) { if (y) { let v = 2; } } return v;', 'v'],
    ['a parameter', 'if (x < 0) { let y = 2; } return y;', 'y'],
    ['the counter of a loop', 'let i = 3; for (let i = 0; i < 2; i++) y += i; return i;', 'i'],
    [
      'a counter inside a counter',
      'for (let i = 0; i < 2; i++) for (let i = 0; i < 2; i++) y += i;',
      'i',
    ],
    [
      'the body of a loop against its counter',
      'for (let i = 0; i < 2; i++) { let i = 7; y += i; }',
      'i',
    ],
    ['var outside, let inside', 'var v = 1; if (x) { let v = 2; }', 'v'],
    ['var further down, let inside', 'if (x) { let v = 2; } var v = 1;', 'v'],
    ['the second of a list', 'let a = 1, b = 2; if (x) { let c = 3, b = 4; }', 'b'],
    [
      'no semicolons, comments and strings between',
      'let v = 1 // {\n/* } */ if (x) {\n let v = "}"\n }\n return v',
      'v',
    ],
    ['destructuring', 'let v = 1; if (x) { let [{ a: v }] = y; }', 'v'],
    ['a case of a switch', 'let v = 1; switch (x) { case 1: let v = 2; }', 'v'],
    ['a parameter of an inner function', 'const f = (x) => x; return f(y);', 'x'],
    ['a caught error', 'let e = 1; try { y += 1; } catch (e) { y = 2; }', 'e'],
    ['while and do', 'let v = 1; do { let v = 2; y += v; } while (y < x);', 'v'],
  ])('finds %s', (_, body, name) => {
    expect(inKernel(body)).toBe(name);
  });

  test.each([
    [
      'the same name in two branches',
      'if (x) { let v = 1; y += v; } else { let v = 2; y += v; } return y;',
    ],
    [
      'the same counter in two loops',
      'for (let i = 0; i < 2; i++) y += i; for (let i = 0; i < 2; i++) y -= i;',
    ],
    ['var twice, which is one variable', 'var v = 1; if (x) { var v = 2; } return v;'],
    ['a property of that name', 'let v = 1; if (x) { this.v = { v: 2 }; } return v;'],
    ['an assignment', 'let v = 1; if (x) { v = 2; } return v;'],
    [
      'the name in a comment or string',
      'let v = 1; if (x) { /* let v = 2; */ y = "let v"; } return v;',
    ],
  ])('finds nothing in %s', (_, body) => {
    expect(inKernel(body)).toBeNull();
  });
});
