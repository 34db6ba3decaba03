// The curves of docs/methods/rema.md: both roles learn, or one of them; a ratio of turns, or of tokens.
//
//     MOLRL_THREADS=1 node --conditions=@molrl/source --import tsx examples/recipes/rema/main.ts [updates] [seeds]
import { createRandom } from '@molrl/ef-env';
import { openCpu } from '@molrl/tensor-gpu';
import { Stage } from '../../trainer/method/stage.ts';
import { type Curve, printCurves } from '../curves.ts';
import { rema } from '../rema.ts';
import { spoken, startOf } from '../start.ts';
import { planAndSolve, planTask, playedRoles, type Role, SYSTEM } from './planAndSolve.ts';

const [updates = 20, seeds = 3] = process.argv.slice(2).map(Number);
await openCpu();
const random = createRandom(0);
const { learner, again } = await startOf({
  conversations: Array.from({ length: 256 }, () => {
    const { planner, solver } = playedRoles(random);
    return [spoken(planner, SYSTEM.planner), spoken(solver, SYSTEM.solver)];
  }).flat(),
  ...{ updates: 60, learningRate: 1e-3 },
});
const learningRate = 1e-3;

const arm =
  (trained: readonly Role[], ratioOf: 'turn' | 'token' = 'turn'): Curve =>
  async (seed) => {
    again();
    const stage = new Stage(learner.model.trainable(), { name: 'rema', seed, learningRate });
    const rewards: number[] = [];
    const batch = { prompts: 8, numGenerations: 12, maxTokens: 32, iterations: 2 };
    const game = { dialogue: planAndSolve, nextTask: planTask(4), updates, learningRate };
    for await (const { metrics } of rema(learner, stage, { ...game, ...batch, trained, ratioOf }))
      rewards.push(metrics.reward!); // of every update
    stage.dispose();
    return rewards;
  };

const arms = {
  both: arm(['planner', 'solver']),
  'both, ratio of tokens': arm(['planner', 'solver'], 'token'),
  'planner alone': arm(['planner']),
  'solver alone': arm(['solver']),
};
await printCurves({ arms, seeds, every: Math.max(1, Math.floor(updates / 4)) });
process.exit();
