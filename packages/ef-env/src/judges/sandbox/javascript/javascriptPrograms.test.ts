import { afterAll, describe, expect, test } from 'vitest';
import type { CodeProgram } from '../sandbox.ts';
import { javascriptSandbox } from './javascriptSandbox.ts';

const script = (code: string): CodeProgram => ({ mode: 'script', code });
const call = (code: string, expected: unknown, args: unknown[] = []): CodeProgram => ({
  mode: 'function',
  code,
  tests: [{ args, expected }],
});

const sandbox = javascriptSandbox({ concurrency: 2 });
afterAll(() => sandbox.dispose());

describe('programs as models write them', () => {
  const READERS = [
    'const all = input;',
    "const all = require('fs').readFileSync(0, 'utf8');",
    "const fs = require('node:fs'); const all = fs.readFileSync('/dev/stdin').toString();",
    "const all = require('fs').readFileSync(process.stdin.fd, { encoding: 'utf-8' });",
    "const input = require('fs').readFileSync(0, 'utf8'); const all = input;",
  ];
  const EVENTS = [
    "let all = ''; process.stdin.on('data', (c) => { all += c; }); process.stdin.on('end', () => main(all));",
    "process.stdin.resume(); process.stdin.setEncoding('utf8'); let all = ''; process.stdin.on('data', (c) => { all += c; }).on('end', () => main(all));",
    "let all = ''; process.stdin.setEncoding('utf8'); process.stdin.on('readable', () => { let c; while ((c = process.stdin.read()) !== null) all += c; }); process.stdin.on('end', () => main(all));",
    "const lines = []; require('readline').createInterface({ input: process.stdin }).on('line', (l) => lines.push(l)).on('close', () => main(lines.join('\\n')));",
    "const rl = require('readline').createInterface({ input: process.stdin, output: process.stdout, terminal: false }); (async () => { const lines = []; for await (const l of rl) lines.push(l); main(lines.join('\\n')); })();",
    "const rl = require('readline').createInterface(process.stdin, process.stdout); rl.question('', (a) => rl.question('', (b) => { rl.close(); main(a + '\\n' + b); }));",
    "const rl = require('readline/promises').createInterface({ input: process.stdin }); (async () => { main((await rl.question('')) + '\\n' + (await rl.question(''))); rl.close(); })();",
    "(async () => { let all = ''; for await (const c of process.stdin) all += c; main(all); })();",
    "require('fs').readFile('/dev/stdin', 'utf8', (error, all) => main(all));",
    "import { readFileSync } from 'fs';\nmain(readFileSync(0, 'utf8'));",
    "import * as readline from 'node:readline';\nimport { stdin as input } from 'node:process';\nlet all = '';\nfor await (const line of readline.createInterface({ input })) all += line + '\\n';\nmain(all);",
  ];
  const main =
    "function main(all) { const [a, b] = all.trim().split(/\\s+/).map(Number); process.stdout.write(a + b + '\\n'); }";
  test.each([...READERS.map((code) => `${code} main(all);`), ...EVENTS])(
    'reads with %s',
    async (code) => {
      const tests = [{ stdin: '1\n2', stdout: '3\n' }];
      const result = await sandbox.run({ mode: 'stdio', code: `${code}\n${main}`, tests });
      expect(result).toMatchObject({ outcome: 'pass', stderr: '' });
    },
  );

  test.each([
    'module.exports = (a) => a;',
    'function solve(a) { return a; }\nmodule.exports = solve;',
    'const f = (a) => a;\nmodule.exports = { solve: f };',
    'exports.solve = (a) => a;',
    'export function solve(a) { return a; }',
    'export default function (a) { return a; }',
    'const f = (a) => a;\nexport { f as solve };',
    'const solve = (a) => a;\nif (require.main === module) throw new Error();',
    'class Solution { solve(a) { return this.same(a); } same(a) { return a; } }',
    '#!/usr/bin/env node\n"use strict";\nvar solve = (a) => a;',
  ])('finds the function of %j', async (code) => {
    expect(await sandbox.run(call(code, 7, [7]))).toMatchObject({ outcome: 'pass' });
  });

  test.each(['Solution.twoSum', 'Solution().twoSum', 'new Solution().twoSum', 'twoSum'])(
    'finds a method as %s',
    async (entry) => {
      const code = 'class Solution { twoSum(a) { return this.same(a); } same(a) { return a; } }';
      const tests = [{ args: [7], expected: 7 }];
      expect(await sandbox.run({ mode: 'function', code, entry, tests })).toMatchObject({
        outcome: 'pass',
      });
    },
  );

  // Right sides: Node 20.20
  test.each([
    ['console.log([5, 2, 9, 1].sort((x, y) => x > y))', '[ 5, 2, 9, 1 ]'],
    ["console.log(['b', 'A', 'a', 'B'].sort((x, y) => x.localeCompare(y)).join(''))", 'aAbB'],
    ['console.log((1234567.891).toLocaleString())', '1,234,567.891'],
    ['console.log(Math.max(...Array.from({ length: 100000 }, (_, i) => i)))', '99999'],
    ['const a = []; a.push(...Array(125000).fill(1)); console.log(a.length)', '125000'],
    [
      'const a = structuredClone(new Map([[{ b: [new Date(0)] }, new Set([1])]])); console.log(a)',
      'Map(1) { { b: [ 1970-01-01T00:00:00.000Z ] } => Set(1) { 1 } }',
    ],
    [
      'const o = {}; o.o = o; const c = structuredClone(o); console.log(c.o === c, c !== o)',
      'true true',
    ],
    [
      "console.log(btoa('h\u00e9'), atob('aGk='), new TextEncoder().encode('\u20ac'))",
      'aOk= hi Uint8Array(3) [ 226, 130, 172 ]',
    ],
    [
      "console.log(Buffer.from('h\u00e9').toString('hex'), new TextDecoder().decode(Uint8Array.of(195, 169, 255)))",
      '68c3a9 \u00e9\ufffd',
    ],
    [
      "console.log(typeof performance.now(), process.argv.length, require('os').EOL === '\\n')",
      'number 2 true',
    ],
    ["process.stdout.write('a'); process.exit(0); console.log('b')", 'a'],
    ["try { process.exit() } catch {} console.log('b')", ''],
    ['function process(a) { return a + 1; }\nconsole.log(process(2))', '3'],
    [
      "const process = require('process'), { require: r } = {}; console.log(typeof process.exit)",
      'function',
    ],
    ['var x = 1; function x() {} console.log(x)', '1'],
    [
      "const { strictEqual } = require('assert'); try { strictEqual(1, 2) } catch (e) { console.log(e.name, e.code) }",
      'AssertionError ERR_ASSERTION',
    ],
  ])('%s', async (code, stdout) => {
    expect(await sandbox.run(script(code))).toMatchObject({
      outcome: 'pass',
      stdout: stdout && stdout + (stdout === 'a' ? '' : '\n'),
    });
  });

  test('leaving with another number than 0 is an exception', async () => {
    const { exception } = await sandbox.run(script('process.exit(2)'));
    expect(exception).toEqual({ name: null, message: 'process.exit(2)', line: null });
  });
});

test('a stack that is too deep is a RangeError for the program too', async () => {
  const code =
    'try { (function f() { f(); })(); } catch (e) { console.log(e instanceof RangeError); }';
  const tests = [{ stdin: '', stdout: 'true' }];
  expect(await sandbox.run({ mode: 'stdio', code, tests })).toMatchObject({ outcome: 'pass' });
});
