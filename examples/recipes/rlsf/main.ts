// The curve of docs/methods/rlsf.md: what the compiler marks, or that it marked something.
//
//     MOLRL_THREADS=1 node --conditions=@molrl/source --import tsx examples/recipes/rlsf/main.ts [updates] [seeds] [calls]
import { createRandom } from '@molrl/ef-env';
import { openCpu } from '@molrl/tensor-gpu';
import { live } from '../../trainer/method/live/live.ts';
import type { OpenMethod } from '../../trainer/method/live/liveMethod.ts';
import { PRESETS } from '../../trainer/method/live/presets.ts';
import { symbolicFeedback } from '../../trainer/method/live/symbolicFeedback.ts';
import { Stage } from '../../trainer/method/stage.ts';
import { type Curve, printCurves } from '../curves.ts';
import { startOf } from '../start.ts';
import { anyCalls, calls, callsCompiler, callsTask } from './calls.ts';

const [updates = 20, seeds = 3, count = 4] = process.argv.slice(2).map(Number);
await openCpu();
const random = createRandom(0);
const { learner, again } = await startOf({
  conversations: Array.from({ length: 512 }, () => anyCalls(count, random)),
  ...{ updates: 80, learningRate: 2e-3 },
});
const compiler = callsCompiler();
const learningRate = 1e-3;

/** Share of programs that compile, of every update. */
const arm =
  (open: OpenMethod): Curve =>
  async (seed) => {
    again();
    const stage = new Stage(learner.model.trainable(), { name: 'rlsf', seed, learningRate });
    const game = {
      environment: calls(compiler),
      nextTask: callsTask(count),
      maxTokens: 8 + 10 * count,
    };
    const method = open(learner);
    const batch = { prompts: 6, numGenerations: 8 };
    const rewards: number[] = [];
    for await (const { metrics } of live(learner, stage, {
      ...{ game, method, updates, learningRate, ...batch },
    }))
      rewards.push(metrics.reward!); // of every update
    stage.dispose();
    return rewards;
  };

const arms = {
  'RLSF, gamma 1 (the preset)': arm(PRESETS.rlsf),
  'RLSF, gamma 0': arm(symbolicFeedback({ lambda: 1, gamma: 0 })),
  GRPO: arm(PRESETS.grpo),
};
await printCurves({ arms, seeds, every: Math.max(1, Math.floor(updates / 4)) });
await compiler.dispose();
process.exit();
