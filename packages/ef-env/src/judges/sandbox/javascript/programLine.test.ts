import { expect, test } from 'vitest';
import { programLine } from './programLine.ts';

const code = 'one\ntwo\nthree';

test.each([
  ['the innermost frame', '    at f (program.js:2:26)\n    at <eval> (program.js:3:1)\n', 2],
  ['a syntax error', '    at program.js:3:10\n', 3],
  ['below built-ins', '    at Array (native)\n    at <eval> (program.js:1:10)\n', 1],
  ['below code made from text', '    at <eval> (<input>:3:5)\n    at <eval> (program.js:1:5)\n', 1],
  ['not in the constructor', '    at Oops (program.js:1:5)\n    at mk (program.js:2:9)\n', 2],
  ['a getter', '    at get size (program.js:2:5)\n    at <eval> (program.js:3:1)\n', 2],
  ['none of another file', '    at <eval> (test.js:1:1)\n', null],
  ['none beyond the program', '    at f (program.js:9:1)\n', null],
  ['none of an empty stack', '', null],
])('finds %s', (_, stack, line) => {
  expect(programLine(stack, { code, constructors: ['Oops'] })).toBe(line);
});
