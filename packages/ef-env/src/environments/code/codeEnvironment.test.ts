import { describe, expect, test } from 'vitest';
import type { StepResult } from '../../episode/environment.ts';
import { checkProgram } from '../../judges/sandbox/checkProgram.ts';
import { judgeRun } from '../../judges/sandbox/judgeRun.ts';
import type { CodeProgram, Sandbox } from '../../judges/sandbox/sandbox.ts';
import { type CodeEnvironmentOptions, type CodeTask, codeEnvironment } from './codeEnvironment.ts';

/** Says that a program prints or returns its own text. */
function echoSandbox(language: Sandbox['language'] = 'javascript'): Sandbox & { ran: string[] } {
  const ran: string[] = [];
  return {
    language,
    ran,
    run: async (program: CodeProgram, { reveal = 'expected' } = {}) => {
      ran.push(program.code);
      const count = program.mode === 'script' ? 1 : program.tests.length;
      const tests = Array.from({ length: count }, () => ({
        result: JSON.stringify(program.code.trim()),
        exception: null,
        stdout: program.code,
        stderr: '',
      }));
      const unfinished = { stdout: '', stderr: '' };
      const limits = { timeout: 1, memoryMb: 1, outputBytes: 1 };
      const report = { cut: null, tests, unfinished, milliseconds: 0, reusable: true };
      return judgeRun(checkProgram(program, language), report, { limits, reveal });
    },
    dispose: async () => {},
  };
}

const task: CodeTask = {
  prompt: 'Say yes.',
  mode: 'stdio',
  tests: [
    { stdin: '7', stdout: 'yes' },
    { stdin: '8', stdout: 'no' },
  ],
};
const { signal } = new AbortController();

async function attempt(
  action: string,
  options: Partial<CodeEnvironmentOptions> = {},
): Promise<StepResult> {
  const episode = codeEnvironment({ sandbox: echoSandbox(), ...options }).start();
  await episode.reset(task, { seed: 0 });
  return episode.step(action, { signal });
}

describe('codeEnvironment', () => {
  test('a failed attempt is answered in words, without what was expected', async () => {
    const { feedback, ...rest } = await attempt('```js\nyes\n```');
    expect(rest).toEqual({
      reward: 0,
      metrics: { passed: 0.5 },
      info: { outcome: 'wrong' },
      done: false,
    });
    expect(feedback).toMatchInlineSnapshot(`
      "Test 2 of 2 (1 passed): the program gave a wrong answer.
      Input:
      8
      Printed:
      yes"
    `);
  });

  test('all tests passed: reward 1, done', async () => {
    const episode = codeEnvironment({ sandbox: echoSandbox() }).start();
    await episode.reset({ ...task, tests: [{ stdin: '', stdout: 'yes' }] } as CodeTask, {
      seed: 0,
    });
    expect(await episode.step('```\nyes\n```', { signal })).toMatchObject({
      feedback: 'The test passed.',
      reward: 1,
      done: true,
    });
  });

  test.each([
    ['the last block', '```js\na\n```\n```js\nb\n```', 'b\n'],
    ["a block in the sandbox's language before one without", '```js\na\n```\n```\n7\n```', 'a\n'],
    ['a block without a language where there is no other', '```\na\n```\n```python\nb\n```', 'a\n'],
    ['no block of the thought', '<think>```js\na\n```</think>```js\nb\n```', 'b\n'],
  ])('runs %s', async (_, action, code) => {
    const sandbox = echoSandbox();
    await attempt(action, { sandbox });
    expect(sandbox.ran).toEqual([code]);
  });

  test('no program: says so, reward 0', async () => {
    const sandbox = echoSandbox('python');
    expect(await attempt('The answer is 7.', { sandbox })).toMatchObject({
      feedback: 'There is no program: write it in a block that begins with ```python.',
      reward: 0,
      done: false,
      info: { outcome: 'no-code' },
    });
    expect(sandbox.ran).toEqual([]);
  });

  test.each([
    [
      '<think>```js\nyes\n```',
      'the thought was not closed: write </think>, then the program in a block',
    ],
    [
      '<think>```js\nyes\n```</think>Done.',
      'no program behind the thought: write it after </think>',
    ],
  ])('names the thought that a program was left in: %j', async (action, words) => {
    expect((await attempt(action)).feedback).toContain(words);
  });

  test.each([
    'return "<s>" + x + "</s>";',
    'return "<think>" + x;',
    'return x.split("</think>").pop();',
    'return x + "<|im_end|>" + "<|im_start|>user";',
    '// ```not a fence',
  ])('marks in the program never cut it: %s', async (code) => {
    for (const thought of ['', '<think>Hm.</think>\n', 'Hm.\n</think>\n']) {
      const sandbox = echoSandbox();
      await attempt(`${thought}\`\`\`js\n${code}\n\`\`\`<|im_end|>`, { sandbox });
      expect(sandbox.ran).toEqual([`${code}\n`]);
    }
  });

  test("`reward: 'share'` gives the share of tests passed", async () => {
    expect((await attempt('```js\nyes\n```', { reward: 'share' })).reward).toBe(0.5);
  });

  test("`feedback: 'none'` ends after one attempt", async () => {
    const result = await attempt('```js\nyes\n```', { feedback: 'none' });
    expect(result).toMatchObject({ done: true, reward: 0 });
    expect(result.feedback).toBeUndefined();
  });

  test('`reveal` decides what the words tell', async () => {
    expect((await attempt('```js\nyes\n```', { reveal: 'expected' })).feedback).toContain('no');
    expect((await attempt('```js\nyes\n```', { reveal: 'nothing' })).feedback).toBe(
      'Test 2 of 2 (1 passed): the program gave a wrong answer.',
    );
  });

  test.each([
    ['javascript', task],
    ['python', { ...task, mode: 'function', entry: 'twice', tests: [{ args: [1], expected: 2 }] }],
    ['python', { ...task, mode: 'assert', tests: ['assert f(1)'] }],
  ] as [Sandbox['language'], CodeTask][])('says how to answer: %s, %#', async (language, given) => {
    const env = codeEnvironment({ sandbox: echoSandbox(language) });
    expect(await env.start().reset(given, { seed: 0 })).toMatchSnapshot();
  });

  test.each([
    [{ ...task, prompt: undefined }, 'prompt must be a text, got undefined'],
    [{ ...task, mode: 'script' }, 'mode must be one of stdio, function, assert, got script'],
    [{ ...task, tests: undefined }, 'needs at least one test, got undefined'],
    [{ ...task, tests: [] }, 'needs at least one test, got none'],
    [{ ...task, tests: [null] }, "test 0 of mode 'stdio' must be { stdin, stdout }, got null"],
  ])('refuses a task that cannot be judged: %#', async (bad, message) => {
    const episode = codeEnvironment({ sandbox: echoSandbox() }).start();
    const faulty = bad as unknown as CodeTask; // as it may come from a file
    await expect(episode.reset(faulty, { seed: 0 })).rejects.toThrow(message);
  });

  test("`instructions: ''` leaves the prompt as it is", async () => {
    const env = codeEnvironment({ sandbox: echoSandbox(), instructions: '' });
    expect(await env.start().reset(task, { seed: 0 })).toBe('Say yes.');
  });
});
