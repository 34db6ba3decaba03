import { checkChoice } from '../../base/checkChoice.ts';
import { EfEnvError } from '../../base/errors.ts';
import { readOptions } from '../../base/readOptions.ts';
import { defineEnvironment } from '../../episode/defineEnvironment.ts';
import type { Environment } from '../../episode/environment.ts';
import type { TypescriptCompiler } from '../../judges/typescript/typescriptCompiler.ts';
import { lastCodeBlock } from '../../text/lastCodeBlock.ts';
import { missedAction } from '../../text/missedAction.ts';
import { readTurn } from '../../text/readTurn.ts';
import { utf8Length } from '../../text/utf8Length.ts';

export interface TypescriptTask {
  prompt: string;
  /** Other files by name, for `import './name'`; declarations in them are global. */
  files?: Record<string, string> | undefined;
  /** Code that uses the program and has to compile with it, as `import { solve } from './solution';`. */
  check?: string | undefined;
}

export interface TypescriptEnvironmentOptions {
  compiler: TypescriptCompiler;
  /** Give lines without an error a span of reward +1. Default `false`. */
  cleanLines?: boolean | undefined;
  /** `'step'` tells the errors and lets the policy try again; `'none'` ends after one attempt. Default `'step'`. */
  feedback?: 'step' | 'none' | undefined;
  /** Stored with each trajectory. Default `'typescript'`. */
  name?: string | undefined;
}

const FENCES = ['ts', 'typescript'];

/**
 * Write TypeScript that compiles. The last block in a ```ts fence after the last `</think>` is the program, or
 * the last block that names no language: reward 1 when the compiler finds no error in it, else 0, with a span of
 * -1 on each error (UTF-8 offsets in the attempt) and the errors in the compiler's words. Whether the program
 * does what it should is not tested.
 *
 * @example
 * const compiler = typescriptCompiler();
 * const env = typescriptEnvironment({ compiler });
 * const tasks = [{ prompt: 'Export a function `twice`.', check: "import { twice } from './solution'; twice(2).toFixed();" }];
 * // collect(env, policy, { tasks, maxTurns: 3, ... })
 * await compiler.dispose();
 */
export function typescriptEnvironment(
  options: TypescriptEnvironmentOptions,
): Environment<TypescriptTask> {
  const given = readOptions('typescriptEnvironment', options, {
    compiler: 'required',
    cleanLines: 'optional',
    feedback: 'optional',
    name: 'optional',
  });
  const { compiler, cleanLines = false, feedback = 'step', name = 'typescript' } = given;
  if (typeof compiler?.check !== 'function') {
    throw new EfEnvError(
      'option',
      `typescriptEnvironment: compiler must be made by typescriptCompiler, got ${typeof compiler}.`,
    );
  }
  checkChoice('typescriptEnvironment: feedback', feedback, ['step', 'none']);
  return defineEnvironment<TypescriptTask, TypescriptTask>({
    name,
    reset: (task) => ({ observation: task.prompt, state: task }),
    step: async ({ files, check }, action, { signal }) => {
      const block = lastCodeBlock(action, FENCES) ?? lastCodeBlock(action, ['']);
      const verdict = block?.code.trim()
        ? await compiler.check(block.code, { files, check, cleanLines, signal })
        : {
            outcome: 'no-code',
            spans: [],
            feedback: [
              missedAction(readTurn(action), 'the program'),
              'There is no program: write it in a block that begins with ```ts.',
            ]
              .filter(Boolean)
              .join(' '),
          };
      const before = utf8Length(action.slice(0, block?.start ?? 0));
      const right = verdict.outcome === 'pass';
      return {
        ...(feedback === 'step' && { feedback: verdict.feedback }),
        reward: right ? 1 : 0,
        spans: verdict.spans.map((span) => ({
          ...span,
          start: before + span.start,
          end: before + span.end,
        })),
        info: { outcome: verdict.outcome },
        done: right || feedback === 'none',
      };
    },
  });
}
