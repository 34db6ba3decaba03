import { checkChoice } from '../../base/checkChoice.ts';
import { EfEnvError } from '../../base/errors.ts';
import { readOptions } from '../../base/readOptions.ts';
import { defineEnvironment } from '../../episode/defineEnvironment.ts';
import type { Environment } from '../../episode/environment.ts';
import { checkTests } from '../../judges/sandbox/checkProgram.ts';
import {
  type CodeTests,
  REVEALS,
  type Reveal,
  type Sandbox,
} from '../../judges/sandbox/sandbox.ts';
import { readTurn } from '../../text/readTurn.ts';
import { findProgram } from './findProgram.ts';
import { FENCES } from './programBlocks.ts';

/** A problem and its tests. */
export type CodeTask = { prompt: string } & CodeTests;

export interface CodeEnvironmentOptions {
  /** Runs the programs. It stays yours: dispose of it when you are done. */
  sandbox: Sandbox;
  /** `'step'` says what went wrong and lets the policy try again; `'none'` ends after one attempt. Default `'step'`. */
  feedback?: 'step' | 'none' | undefined;
  /**
   * What the feedback tells of the test that failed. Default `'input'`: also what came out, but not what was
   * expected, which a policy could print instead of computing it.
   */
  reveal?: Reveal | undefined;
  /** `'all'`: 1 when every test passes, else 0. `'share'`: the share of tests that pass. Default `'all'`. */
  reward?: 'all' | 'share' | undefined;
  /**
   * Put after each prompt; `''` = nothing. Default: how a program reads and answers, and the fence it goes in.
   */
  instructions?: string | undefined;
  /** Stored with each trajectory. Default `'code'`. */
  name?: string | undefined;
}

const LANGUAGES = {
  javascript: {
    title: 'JavaScript',
    reading: 'reads its input from the global string `input` and prints with `console.log`',
  },
  python: {
    title: 'Python',
    reading: 'reads from standard input and prints to standard output',
  },
} as const;

/**
 * Write a program that passes tests, in fenced blocks of the sandbox's language behind the thought (or of none, where
 * there are no others). Of several blocks the program is the last that defines the function (`'function'`), reads input
 * (`'stdio'`) or defines anything (`'assert'`), with what it uses of the others: imports and helpers, not the example
 * usage behind it. A failed attempt is answered with what went wrong
 * in its first failing test, with the line of the program where an exception came from.
 *
 * A step waits for a free worker of the sandbox: give `collect` a `stepTimeout` of more than the sandbox's own
 * times the episodes per worker.
 *
 * @example
 * const sandbox = javascriptSandbox();
 * const env = codeEnvironment({ sandbox });
 * const episode = env.start();
 * const tests = [{ args: [4], expected: 16 }];
 * await episode.reset({ prompt: 'Square a number.', mode: 'function', tests }, { seed: 0 });
 * const action = '```js\nconst solve = (n) => n + n;\n```';
 * const { feedback } = await episode.step(action, { signal: new AbortController().signal });
 * feedback; // 'The program gave a wrong answer.\nsolve(4) returned 8.'
 * await sandbox.dispose();
 */
export function codeEnvironment(options: CodeEnvironmentOptions): Environment<CodeTask> {
  const given = readOptions('codeEnvironment', options, {
    sandbox: 'required',
    feedback: 'optional',
    reveal: 'optional',
    reward: 'optional',
    instructions: 'optional',
    name: 'optional',
  });
  const { sandbox, feedback = 'step', reveal = 'input', reward = 'all', name = 'code' } = given;
  if (typeof sandbox?.run !== 'function') {
    throw new EfEnvError(
      'option',
      'codeEnvironment: sandbox must be one of javascriptSandbox() or pythonSandbox().',
    );
  }
  checkChoice('codeEnvironment: feedback', feedback, ['step', 'none']);
  checkChoice('codeEnvironment: reveal', reveal, REVEALS);
  checkChoice('codeEnvironment: reward', reward, ['all', 'share']);
  const { language } = sandbox;
  const fence = `\`\`\`${FENCES[language][0]}`;
  return defineEnvironment<CodeTask, CodeTask>({
    name,
    reset: (task) => {
      checkTask(task, language);
      const instructions = given.instructions ?? howToAnswer(task, language);
      return { observation: `${task.prompt}\n\n${instructions}`.trimEnd(), state: task };
    },
    step: async (task, action, { signal }) => {
      const { answer, thought } = readTurn(action);
      const entry = (task.mode === 'function' ? task.entry : undefined) ?? 'solve';
      const code = findProgram(answer, { mode: task.mode, entry, language });
      if (code === null) {
        const said = `${NO_PROGRAM[thought]} in a block that begins with ${fence}.`;
        return attempt({ outcome: 'no-code', share: 0, said });
      }
      const result = await sandbox.run({ ...task, code }, { signal, reveal });
      const share = result.passed / result.total;
      return attempt({ outcome: result.outcome, share, said: result.feedback });
    },
  });

  function attempt({ outcome, share, said }: { outcome: string; share: number; said: string }) {
    const right = outcome === 'pass' ? 1 : 0;
    return {
      ...(feedback === 'step' && { feedback: said }),
      reward: reward === 'share' ? share : right,
      metrics: { passed: share },
      info: { outcome },
      done: right === 1 || feedback === 'none',
    };
  }
}

const NO_PROGRAM = {
  none: 'There is no program: write it',
  closed: 'There is no program behind the thought: write it after </think>',
  open: 'There is no program, since the thought was not closed: write </think>, then the program',
} as const;

/** Tasks come from files. @throws {EfEnvError} `task` */
function checkTask(task: CodeTask, language: Sandbox['language']): void {
  const { prompt, mode } = Object(task) as CodeTask; // checked here
  const wrong = [
    typeof prompt === 'string' ? '' : `prompt must be a text, got ${prompt}`,
    MODES.includes(mode) ? '' : `mode must be one of ${MODES.join(', ')}, got ${mode}`,
  ].find(Boolean);
  if (wrong) throw new EfEnvError('task', `codeEnvironment: a task's ${wrong}.`);
  checkTests(task, language);
}

const MODES: readonly CodeTask['mode'][] = ['stdio', 'function', 'assert'];

function howToAnswer(task: CodeTask, language: Sandbox['language']): string {
  const { title, reading } = LANGUAGES[language];
  const entry = task.mode === 'function' ? (task.entry ?? 'solve') : '';
  const what = {
    stdio: `Write a ${title} program that ${reading}`,
    function: `Define a ${title} function \`${entry}\``,
    assert: `Write it in ${title}`,
  }[task.mode];
  return `${what}. Put the whole program into one block that begins with \`\`\`${FENCES[language][0]}.`;
}
