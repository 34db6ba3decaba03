// Checks a vLLM server that really runs: `pnpm vllm URL MODEL_FOLDER`, the folder that it serves. Prints what was compared and
// exits with 1 if anything is off. No part of the tests: the server needs some GB.
import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { defineEnvironment } from '@molrl/ef-env';
import type { Completion, Sampler } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { grpo } from '../../method/grpo.ts';
import type { Learner } from '../../method/learner.ts';
import { loadLearner } from '../../method/loadLearner.ts';
import { type PlayedEpisodes, Stage } from '../../method/stage.ts';
import { openRollouts, type RemoteSampler } from '../openRollouts.ts';
import { versionedEpisodes } from '../versionedEpisodes.ts';
import { feedbackCourses } from './feedbackCourse.ts';
import { ownLogprobs } from './ownLogprobs.ts';

/** What losses and gradient norms may differ by. */
const TOLERANCE = 1e-4;
const [TASKS, GENERATIONS, UPDATES] = [4, 8, 5];

let failed = 0;
function report(what: string, isRight: boolean): void {
  process.stdout.write(`${isRight ? 'ok  ' : 'OFF '} ${what}\n`);
  if (!isRight) failed += 1;
}

/** Rewards the share of letters of the first half of the alphabet: no model is always right or wrong. */
const environment = defineEnvironment<number, null>({
  name: 'letters',
  reset: (number) => ({ observation: `Say ${number}`, state: null }),
  step: (_, action) => {
    const letters = [...action].filter((letter) => /[a-m0-9]/.test(letter));
    return { reward: letters.length / Math.max(1, action.length), feedback: 'Again', done: false };
  },
});

interface Course {
  updates?: number;
  maxStaleness?: number;
  maxTurns?: number;
  onEpisodes?: (episodes: PlayedEpisodes) => void;
}

/** Metrics of some updates. */
async function train(
  learner: Learner,
  { updates = UPDATES, maxStaleness = 0, maxTurns = 1, onEpisodes }: Course = {},
): Promise<Record<string, number>[]> {
  const stage = new Stage(learner.model.trainable(), {
    ...{ name: 'check', seed: 3, optim: 'adamw', learningRate: 1e-3 },
  });
  const game = { environment, nextTask: (_: unknown, i: number) => i, maxTokens: 16, maxTurns };
  const options = { updates, maxStaleness, learningRate: 1e-3, prompts: TASKS };
  const rest = { numGenerations: GENERATIONS, nextGeneral: () => [], generalKl: 0, game };
  const rolloutCorrection = { mode: 'token_truncate', clipMax: 3 } as const; // the sampler's log-probs enter the loss
  const rows: Record<string, number>[] = [];
  const all = { ...options, ...rest, rolloutCorrection };
  for await (const { metrics, episodes } of grpo(learner, stage, all)) {
    rows.push(metrics);
    if (episodes) onEpisodes?.(episodes);
  }
  stage.dispose();
  return rows;
}

async function main([url, model]: string[]): Promise<void> {
  if (url === undefined || model === undefined) throw new Error('vllm: give URL and MODEL_FOLDER.');
  await openCpu();
  const folder = await mkdtemp(join(tmpdir(), 'molrl-vllm-'));
  const settings = {
    ...{ rollouts: `vllm=${url}`, rolloutsTokenVariable: 'MOLRL_ROLLOUTS_TOKEN' },
    ...{ rolloutsPatience: 0, grpo: {} },
  };
  const say = (text: string): void => void process.stdout.write(`${text}\n`);
  const rollouts = (await openRollouts({ settings, out: folder, say }))!; // the setting names a server
  const load = (sampler?: Sampler) =>
    loadLearner({ model, format: 'auto', lora: { r: 4 }, sampler });
  try {
    const drawn: Completion[][] = [];
    const there = await load(async (...call) => {
      const completions = await rollouts.sampler(...call);
      drawn.push(completions);
      return completions;
    });
    const remote = await train(there);
    const far = remote.map((row) => row['sampling/sampling_logp_difference/max']!);
    report(
      `log-probs of ${UPDATES * TASKS * GENERATIONS} completions of ${UPDATES} versions: at most ${Math.max(...far).toExponential(1)} from the trainer's`,
      Math.max(...far) < 1e-3,
    );
    const versions = new Set(drawn.flat().map(({ weightVersion }) => weightVersion));
    report(
      `${versions.size} versions of the adapter in ${UPDATES} updates`,
      versions.size === UPDATES,
    );

    let call = 0;
    const here = await load(async (own, prompts) => {
      const completions = drawn[call++]!; // as many calls
      const logprobs = await ownLogprobs(own, prompts, completions);
      return completions.map((one, i) => ({
        ...{ ...one, logprobs: logprobs[i]!, behaviorLogprobs: logprobs[i]! },
      }));
    });
    const local = await train(here);
    for (const name of ['loss', 'grad_norm', 'reward'] as const) {
      const off = remote.map((row, i) => Math.abs(row[name]! - local[i]![name]!));
      report(
        `${name} of ${UPDATES} GRPO updates, same tokens here: at most ${Math.max(...off).toExponential(1)} apart`,
        Math.max(...off) < TOLERANCE,
      );
    }
    there.dispose();
    const again = await load(rollouts.sampler);
    const repeated = await train(again);
    report('the same run once more, bit for bit', sameNumbers(repeated, remote));
    again.dispose();
    here.dispose();
    await checkFeedback(load, rollouts.sampler);
    await checkAhead(await load(rollouts.sampler), rollouts);
  } finally {
    await rollouts.close();
    await rm(folder, { recursive: true });
  }
  process.stdout.write(`${JSON.stringify(rollouts.engine)}\n`);
  process.exitCode = failed === 0 ? 0 : 1;
}

/** Episodes with feedback, and what MoL learns of them. */
async function checkFeedback(
  load: (sampler: Sampler) => Promise<Learner>,
  sampler: Sampler,
): Promise<void> {
  const { completions, logprobsApart, there, here } = await feedbackCourses(load, sampler);
  report(
    `log-probs of ${completions} attempts with feedback: at most ${logprobsApart.toExponential(1)} from the trainer's`,
    logprobsApart < 1e-3,
  );
  for (const name of ['loss', 'gradNorm'] as const) {
    const off = Math.max(...there.map((row, i) => Math.abs(row[name] - here[i]![name])));
    report(
      `${name} of ${there.length} MoL updates, same tokens here: at most ${off.toExponential(1)} apart`,
      off < TOLERANCE,
    );
  }
}

/** Groups that are played while the model learns from earlier ones. */
async function checkAhead(local: Learner, rollouts: RemoteSampler): Promise<void> {
  const learner = { ...local, episodes: versionedEpisodes(local, rollouts) };
  const rows: Record<string, number>[] = [];
  const versions: string[][] = [];
  const ids: string[] = [];
  const onEpisodes = ({ trajectories }: PlayedEpisodes): void => {
    for (const { id, segments } of trajectories) {
      ids.push(id);
      versions.push(
        segments.flatMap(({ tokens }) => (tokens as Partial<Completion>)?.weightVersion ?? []),
      );
    }
  };
  const updates = 4 * UPDATES;
  rows.push(...(await train(learner, { updates, maxStaleness: 2, maxTurns: 3, onEpisodes })));
  const sum = (name: string): number => rows.reduce((total, row) => total + (row[name] ?? 0), 0);
  const oldest = Math.max(...rows.map((row) => row['staleness/max']!));
  const mean = sum('staleness/mean') / rows.length;
  const whole = TASKS * GENERATIONS * updates;
  report(
    `played ahead, ${updates} updates: ${new Set(ids).size} of ${whole} episodes, each learned from once`,
    ids.length === whole && new Set(ids).size === whole,
  );
  report(
    'every episode was played by one version of the weights',
    versions.every((all) => all.length > 1 && new Set(all).size === 1),
  );
  report(
    `at most ${oldest} updates old, ${mean.toFixed(1)} in the mean; ${sum('staleness/dropped')} groups were dropped; waited ${sum('perf/rollouts_waited_s').toFixed(1)} s, hidden ${sum('perf/rollouts_hidden_s').toFixed(1)} s`,
    oldest <= 2,
  );
  learner.dispose();
}

const sameNumbers = (a: Record<string, number>[], b: Record<string, number>[]): boolean =>
  a.every((row, i) => row.loss === b[i]!.loss && row.grad_norm === b[i]!.grad_norm);

await main(process.argv.slice(2).filter((argument) => argument !== '--'));
