// The curves of docs/methods/im-rag.md: searches paid by progress, or the answer alone paid; then the answers are taught.
//
//     MOLRL_THREADS=1 node --conditions=@molrl/source --import tsx examples/recipes/im-rag/main.ts [updates] [seeds]
import { collect, createRandom } from '@molrl/ef-env';
import { openCpu } from '@molrl/tensor-gpu';
import { live } from '../../trainer/method/live/live.ts';
import { sft } from '../../trainer/method/sft.ts';
import { Stage } from '../../trainer/method/stage.ts';
import { type Curve, printCurves } from '../curves.ts';
import { answerRow, foundAll, innerMonologue, isRight } from '../imRag.ts';
import { startOf } from '../start.ts';
import { chains, chainTask, SEARCHES, wandering } from './chains.ts';

const [updates = 20, seeds = 3] = process.argv.slice(2).map(Number);
await openCpu();
const { learner, again } = await startOf({
  conversations: (await wandering(1024)).map(({ segments }) => segments),
  ...{ updates: 150, learningRate: 2e-3 },
});
const parameters = learner.model.trainable();
const [learningRate, maxTokens, turns] = [1e-3, 24, SEARCHES + 1];

/** Cross-entropy on right answers behind what the model searched itself. */
async function teachAnswers(seed: number): Promise<string> {
  const random = createRandom(seed);
  const play = () =>
    collect(chains('none'), learner.policy, {
      tasks: Array.from({ length: 64 }, () => chainTask(random)),
      ...{ seed: random.integer(2 ** 32), maxTokens, maxTurns: turns },
    });
  const before = await play();
  const rows = before.filter(foundAll).map((episode) => answerRow(learner, episode));
  if (rows.length === 0) return 'nothing was found to answer from';
  const stage = new Stage(parameters, { name: 'answerer', seed, learningRate });
  const options = { rows, updates: 30, batchSize: 16, learningRate, maxGradNorm: 1, seed };
  for await (const _ of sft(learner, stage, { ...options, schedule: () => 1 }));
  stage.dispose();
  const after = await play();
  const share = (right: number): string => (right / 64).toFixed(2);
  return `${share(before.filter(isRight).length)} -> ${share(after.filter(isRight).length)}`;
}

const arm =
  (progress: 'evidence' | 'none'): Curve =>
  async (seed) => {
    again();
    const stage = new Stage(parameters, { name: 'im-rag', seed, learningRate });
    const method = innerMonologue({ turns, gamma: 1 })(learner);
    const game = { environment: chains(progress), nextTask: chainTask, maxTokens };
    const batch = { prompts: 8, numGenerations: 12 };
    const found: number[] = [];
    for await (const { metrics } of live(learner, stage, {
      game,
      method,
      updates,
      learningRate,
      ...batch,
    }))
      found.push(metrics['im_rag/found'] ?? 0); // of every update
    stage.dispose();
    if (progress === 'evidence')
      process.stdout.write(
        `  right answers, before and after they are taught: ${await teachAnswers(seed)}\n`,
      );
    return found;
  };

const arms = { 'paid by progress': arm('evidence'), 'paid by the answer': arm('none') };
await printCurves({ arms, seeds, every: Math.max(1, Math.floor(updates / 4)) });
process.exit();
