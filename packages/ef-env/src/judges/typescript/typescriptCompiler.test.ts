import ts from 'typescript';
import { afterAll, describe, expect, test } from 'vitest';
import { typescriptEnvironment } from '../../environments/code/typescriptEnvironment.ts';
import type { RewardSpan } from '../../trajectory/segment.ts';
import { openCompiler } from './openCompiler.ts';
import { typescriptCompiler } from './typescriptCompiler.ts';

const compiler = typescriptCompiler({ timeout: 2000, maxLength: 45_000 });
afterAll(() => compiler.dispose());

const { signal } = new AbortController();
const covered = (text: string, { start, end }: RewardSpan): string =>
  new TextDecoder().decode(new TextEncoder().encode(text).slice(start, end));

/** Two unions of 90,000 strings, each compared with each: minutes. */
const ENDLESS = [
  "type D = '0' | '1' | '2' | '3' | '4' | '5' | '6' | '7' | '8' | '9';",
  'type S = `$' + '{D}$' + '{D}$' + '{D}$' + '{D}$' + '{0 | 1 | 2 | 3 | 4 | 5 | 6 | 7 | 8}`;',
  'declare const a: `a$' + '{S}`; declare const b: `b$' + '{S}`; export const same = a === b;',
].join('\n');

describe('typescriptEnvironment', () => {
  const env = typescriptEnvironment({ compiler });

  test('puts spans on the bytes of the attempt, whatever stands before', async () => {
    const attempt =
      '<think>Größe 😀</think>Voilà 😀:\r\n```ts\r\nconst café = "😀"; /* \u{20BB7} */ const größe: number = "ü";\r\nconst done: string = 1;\r\n```';
    const episode = env.start();
    await episode.reset({ prompt: 'Declare.' }, { seed: 0 });
    const { spans = [], ...result } = await episode.step(attempt, { signal });
    expect(spans.map((span) => [covered(attempt, span), span.reward, span.label])).toEqual([
      ['größe', -1, 'TS2322'],
      ['done', -1, 'TS2322'],
    ]);
    expect(result).toMatchObject({ reward: 0, done: false, info: { outcome: 'errors' } });
    expect(result.feedback).toMatchInlineSnapshot(`
      "Line 1, column 35: Type 'string' is not assignable to type 'number'. (TS2322)
        const café = "😀"; /* 𠮷 */ const größe: number = "ü";
                                          ^
      Line 2, column 7: Type 'number' is not assignable to type 'string'. (TS2322)
        const done: string = 1;
              ^"
    `);
  });

  test('an attempt without errors ends the episode with 1; one without a program gets 0', async () => {
    const episode = env.start();
    await episode.reset({ prompt: 'Anything.' }, { seed: 0 });
    expect(await episode.step('const a = 1;', { signal })).toMatchObject({
      reward: 0,
      spans: [],
      done: false,
    });
    expect(await episode.step('```ts\n\n```', { signal })).toMatchObject({
      reward: 0,
      info: { outcome: 'no-code' },
    });
    const right = await episode.step('```ts\nconsole.log([1].map((x) => x + 1));\n```', { signal });
    expect(right).toMatchObject({ reward: 1, feedback: 'No errors.', done: true });
  });

  test('files can be imported, and the check has to compile with the program', async () => {
    const episode = env.start();
    const files = { 'shape.ts': 'export interface Shape { area: number }' };
    const check = "import { make } from './solution'; const size: number = make().area;";
    await episode.reset({ prompt: 'Export `make`.', files, check }, { seed: 0 });
    const program = (area: string): string =>
      `\`\`\`ts\nimport type { Shape } from './shape';\nexport const make = (): ${area} => ({ area: 1 });\n\`\`\``;
    expect(await episode.step(program('{ area: unknown }'), { signal })).toMatchObject({
      reward: 0,
      spans: [],
      feedback: "Where it is used: Type 'unknown' is not assignable to type 'number'. (TS2322)",
    });
    expect(await episode.step(program('Shape'), { signal })).toMatchObject({ reward: 1 });
  });
});

describe('typescriptCompiler', () => {
  test.each([
    '// @ts-nocheck\nconst a: number = "";',
    '/* @ts-expect-error */ const a: number = "";',
    '// @TS-ignore\nconst a: number = "";',
    '/// <reference no-default-lib="true"/>\nconst a: number = "";',
    'import text from "/etc/passwd";',
  ])('silences nothing and reads no disk: %j', async (code) => {
    expect((await compiler.check(code)).outcome).toBe('errors');
  });

  test('with cleanLines the lines without an error have spans of +1', async () => {
    const code = 'const é = 1;\n\nconst b: string = é;\n  b.trim();';
    const { spans } = await compiler.check(code, { cleanLines: true });
    expect(spans.map((span) => [covered(code, span), span.reward])).toEqual([
      ['const é = 1;', 1],
      ['b', -1],
      ['  b.trim();', 1],
    ]);
  });

  test('an error at the end of the program covers its last character', async () => {
    const code = 'function f() { /* 😀 */ "😀"\n\n';
    const { spans } = await compiler.check(code);
    expect(spans.map((span) => covered(code, span))).toEqual(['"']);
  });

  test('only the first errors are told', async () => {
    const { feedback, spans } = await compiler.check('x;\n'.repeat(8));
    expect(spans).toHaveLength(8);
    expect(feedback.endsWith('\n3 more errors.')).toBe(true);
  });

  test('ends a program that takes too long, and checks the next', async () => {
    expect((await compiler.check(ENDLESS)).outcome).toBe('timeout');
    expect((await compiler.check('const a = 1;')).outcome).toBe('pass');
  });

  test('gives up on a program nested too deeply or too long', async () => {
    const nested = `${'('.repeat(20_000)}1${')'.repeat(20_000)}`;
    expect((await compiler.check(nested)).outcome).toBe('too-deep');
    expect((await compiler.check('x'.repeat(45_001))).outcome).toBe('too-long');
  });

  test('takes compiler options and library files that are complete, as a browser gives them', () => {
    const setup = { compilerOptions: { lib: ['es2022'] }, libFiles: null, globals: '' };
    const open = (changes: object) => () => openCompiler(ts, { ...setup, ...changes });
    expect(open({ compilerOptions: { target: 'es9' } })).toThrowError(
      "typescriptCompiler: compilerOptions must be valid: Argument for '--target'",
    );
    expect(open({ libFiles: {} })).toThrowErrorMatchingInlineSnapshot(
      `[EfEnvError: typescriptCompiler: the library file lib.es2022.d.ts is needed and was not found. Pass libFiles: { 'lib.es2022.d.ts': its text, ... }; they are in the folder lib of the package typescript.]`,
    );
    const names =
      'Array Boolean Function CallableFunction NewableFunction IArguments Number Object RegExp';
    const es5 = `${names.replace(/(\w+) ?/g, 'interface $1 {}\n').replace('Array', 'Array<T>')}interface String {}`;
    const browser = { ...ts, sys: undefined } as unknown as typeof ts; // there it has no system
    const options = { lib: ['es5'], target: 'es5' };
    const checkIt = openCompiler(browser, {
      compilerOptions: options,
      libFiles: { 'lib.es5.d.ts': es5 },
      globals: 'declare const width: number;',
    });
    const request = { code: 'const s: string = width;', files: {}, check: null };
    expect(checkIt(request).map(({ code }) => code)).toEqual([2322]);
  });

  test('a number below 1 throws `option`', () => {
    expect(() => typescriptCompiler({ timeout: 0 })).toThrowErrorMatchingInlineSnapshot(
      `[EfEnvError: typescriptCompiler: timeout must be an integer >= 1, got 0.]`,
    );
  });

  test('cancelling rejects with the reason, disposing with `sandbox`', async () => {
    const cancelled = compiler.check(ENDLESS, { signal: AbortSignal.abort(new Error('enough')) });
    await expect(cancelled).rejects.toThrow('enough');
    const pending = expect(compiler.check(ENDLESS)).rejects.toMatchObject({ code: 'sandbox' });
    await compiler.dispose();
    await pending;
  });
});
