/**
 * What an update of every method on live feedback costs beside GRPO's with the same sampled tokens: rollouts, gradient, step.
 *
 *     node --conditions=@molrl/source --import tsx bench/methods.ts micro 7
 *
 * Shape, and rounds. In every round each method makes one update after the other; medians of the processor's time, which is
 * what counts on a machine that others use too, on one thread. Episodes are of random ids: 8 prompts of 16 tokens, 8 attempts
 * of 32, 12 tokens of feedback; methods with two attempts an episode have half the episodes.
 */
import { cpuUsage } from 'node:process';
import type { Trajectory } from '@molrl/ef-env';
import { generate, type Qwen3 } from '@molrl/qwen3';
import { adamw, createKvCache, openCpu } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';
import type { Learner } from '../examples/trainer/method/learner.ts';
import { readEpisodes } from '../examples/trainer/method/live/episodes.ts';
import type { LiveMethod } from '../examples/trainer/method/live/liveMethod.ts';
import { PRESETS, type PresetName } from '../examples/trainer/method/live/presets.ts';
import { tokensPerPass } from '../examples/trainer/method/microBatches.ts';
import { median } from './median.ts';
import { benchModel, uniform } from './ours/benchModel.ts';
import { idEpisode, renderIds } from './ours/idEpisode.ts';
import { shapeNamed } from './shapes.ts';

const GENERATIONS = 8;
const ATTEMPTS = 64;
const [PROMPT, COMPLETION, FEEDBACK] = [16, 32, 12];

/** Without a reward to compare with: every attempt is wrong, so that every row has feedback and is trained. */
const BY_FEEDBACK: readonly PresetName[] = ['sdpo', 'sdft', 'feedback-distillation'];

/** Random ids are no text: nothing in them can be marked. */
const NAMES = (Object.keys(PRESETS) as PresetName[]).filter((id) => id !== 'rlsf');

type Draw = (count: number) => number[];

/** Episodes of the bench; `right` says whether the attempt of this number is. */
function episodes(draw: Draw, turns: number, right: (attempt: number) => boolean): Trajectory[] {
  const groups = ATTEMPTS / GENERATIONS / turns;
  return Array.from({ length: groups }, () => draw(PROMPT)).flatMap((prompt) =>
    Array.from({ length: GENERATIONS }, (_, i) =>
      idEpisode(
        prompt,
        Array.from({ length: turns }, (_, turn) => ({
          ids: draw(COMPLETION),
          reward: Number(right(i + turn)),
          feedback: draw(FEEDBACK),
        })),
      ),
    ),
  );
}

/**
 * Sampling as the method asks for it: a second attempt after the first and what was said of it. As the trainer's policy does,
 * with a cache that knows what was read before.
 */
async function rollouts(model: Qwen3, draw: Draw, turns: number): Promise<void> {
  const cache = createKvCache();
  const sampling = { maxTokens: COMPLETION, temperature: 1, seed: 1, eosIds: [], cache };
  const prompts = Array.from({ length: ATTEMPTS / GENERATIONS / turns }, () => draw(PROMPT));
  const first = await generate(model, prompts, { ...sampling, numGenerations: GENERATIONS });
  if (turns > 1) {
    const again = first.map(({ ids }, i) => [
      ...prompts[Math.floor(i / GENERATIONS)]!,
      ...ids,
      ...draw(FEEDBACK),
    ]);
    await generate(model, again, sampling);
  }
  cache.dispose();
}

interface Contender {
  name: PresetName;
  method: LiveMethod;
  played: Parameters<LiveMethod['gradient']>[0];
  /** Milliseconds of the processor. */
  whole: number[];
  gradient: number[];
}

async function main([name = 'micro', rounds = '7']: string[]): Promise<void> {
  const device = await openCpu({ threads: 1 });
  const shape = shapeNamed('methods', name);
  const [model, ref] = [benchModel(shape), benchModel(shape)];
  const limits = {
    tokensPerPass: tokensPerPass(model.config, model.adapter?.r ?? 0),
    gradientCheckpointing: false,
  };
  const learner = { model, ref, render: renderIds, ...limits } as unknown as Learner; // all that the methods read
  const next = uniform(7);
  const draw: Draw = (count) =>
    Array.from({ length: count }, () => Math.floor(next() * shape.vocab));
  const optimizer = adamw(model.trainable(), { learningRate: 1e-6, weightDecay: 0 });
  const contenders = NAMES.map((id): Contender => {
    const method = PRESETS[id](learner);
    const right = (attempt: number) => !BY_FEEDBACK.includes(id) && attempt % 2 === 0;
    const played = readEpisodes(episodes(draw, method.turns, right), GENERATIONS);
    return {
      ...{ name: id, method, played: { episodes: played, temperature: 1, step: 0 } },
      ...{ whole: [], gradient: [] },
    };
  });
  for (let round = -1; round < Number(rounds); round++) {
    for (const { method, played, whole, gradient } of contenders) {
      const started = cpuUsage();
      await rollouts(model, draw, method.turns);
      const sampled = milliseconds(started);
      const { gradients } = await method.gradient(played);
      const differentiated = milliseconds(started);
      if (gradients) {
        await optimizer.step(gradients, { maxGradNorm: 1 });
        dispose(gradients);
      }
      method.follow();
      if (round < 0) continue; // the first round warms up
      whole.push(milliseconds(started));
      gradient.push(differentiated - sampled);
    }
  }
  const base = contenders.find((contender) => contender.name === 'grpo')!; // a preset
  process.stdout.write(
    `${name}, ${device.library}, 1 thread, medians of ${rounds} rounds: an update (rollouts, gradient, step), and its gradient alone\n`,
  );
  for (const { name: own, whole, gradient } of contenders) {
    const ratio = (mine: number[], its: number[]): string =>
      median(mine.map((value, i) => value / its[i]!)).toFixed(2); // paired
    process.stdout.write(
      `${own.padEnd(22)} ${median(whole).toFixed(0).padStart(5)} ms  ${ratio(whole, base.whole)} x    ${median(gradient).toFixed(0).padStart(5)} ms  ${ratio(gradient, base.gradient)} x\n`,
    );
  }
  for (const { method } of contenders) method.dispose();
  optimizer.dispose();
  model.dispose();
  ref.dispose();
  device.dispose();
}

function milliseconds(since: NodeJS.CpuUsage): number {
  const { user, system } = cpuUsage(since);
  return (user + system) / 1e3;
}

await main(process.argv.slice(2));
