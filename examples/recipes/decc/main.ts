// The curves of docs/methods/decc.md: answers of one turn, distilled from staged conversations with and without pruning, or
// learned from their own rewards.
//
//     MOLRL_THREADS=1 node --conditions=@molrl/source --import tsx examples/recipes/decc/main.ts [updates] [seeds]
import { collect, createRandom, mixSeeds } from '@molrl/ef-env';
import { openCpu } from '@molrl/tensor-gpu';
import { grpo } from '../../trainer/method/grpo.ts';
import { Stage } from '../../trainer/method/stage.ts';
import { type Curve, printCurves } from '../curves.ts';
import { decc, distilledRows } from '../decc.ts';
import { startOf } from '../start.ts';
import {
  type Clauses,
  clausesTask,
  directClauses,
  directExample,
  directTask,
  question,
  stagedClauses,
  stagedExample,
} from './clauses.ts';

const [updates = 40, seeds = 3] = process.argv.slice(2).map(Number);
await openCpu();
const random = createRandom(0);
const { learner, again } = await startOf({
  conversations: Array.from({ length: 8192 }, (_, i) =>
    i % 4 === 0 ? directExample(random) : stagedExample(random),
  ),
  ...{ updates: 900, learningRate: 2e-3 },
});
const parameters = learner.model.trainable();
const learningRate = 1e-3;
const mean = (values: readonly number[]): number =>
  values.reduce((sum, own) => sum + own, 0) / Math.max(1, values.length);

/** F1 of sampled answers of one turn, on documents that nothing was learned from. */
async function heldOut(seed: number, tasks = 32): Promise<number> {
  const held = createRandom(mixSeeds('held-out', seed));
  const played = await collect(directClauses, learner.policy, {
    tasks: Array.from({ length: tasks }, () => directTask(held)),
    ...{ seed, maxTokens: 16 },
  });
  return mean(played.map(({ reward }) => reward ?? 0));
}

const distilled =
  ({ pruned }: { pruned: boolean }): Curve =>
  async (seed) => {
    again();
    const draw = createRandom(mixSeeds('documents', seed));
    const played = await collect(stagedClauses({ pruned }), learner.policy, {
      tasks: Array.from({ length: 256 }, () => clausesTask(draw)),
      ...{ seed, maxTokens: 32 },
    });
    const rows = distilledRows(learner, played, (task) => question(task as Clauses)); // its tasks
    const f1 = mean(played.map(({ reward }) => reward ?? 0));
    process.stdout.write(
      `  ${rows.length} of ${played.length} conversations kept, F1 of all ${f1.toFixed(2)}; in one turn ${(await heldOut(seed, 256)).toFixed(2)}\n`,
    );
    const stage = new Stage(parameters, { name: 'decc', seed, learningRate });
    const curve: number[] = [];
    for await (const _ of decc(learner, stage, {
      ...{ rows, updates, batchSize: 16, learningRate, seed },
    }))
      curve.push(await heldOut(mixSeeds(seed, curve.length)));
    stage.dispose();
    return curve;
  };

/** As many updates on as many answers, rewarded by their F1. */
const rewarded: Curve = async (seed) => {
  again();
  const stage = new Stage(parameters, { name: 'grpo', seed, learningRate });
  const game = { environment: directClauses, nextTask: directTask, maxTokens: 16 };
  const batch = { prompts: 4, numGenerations: 8 };
  const curve: number[] = [];
  for await (const { metrics } of grpo(learner, stage, {
    ...{ game, updates, learningRate, ...batch, generalKl: 0, nextGeneral: () => [] },
  }))
    curve.push(metrics.reward!); // of every update
  stage.dispose();
  return curve;
};

const arms = {
  'distilled, pruned': distilled({ pruned: true }),
  'distilled, nothing pruned': distilled({ pruned: false }),
  'GRPO in one turn': rewarded,
};
await printCurves({ arms, seeds, every: Math.max(1, Math.floor(updates / 4)) });
process.exit();
