import { readFileSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import type { Segment, Trajectory } from '@molrl/ef-env';
import { loadModel, type RenderedSegments } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { dispose } from '@tensorflow/tfjs-core';
import { beforeAll, describe, expect, test } from 'vitest';
import type { Learner } from '../learner.ts';
import { Stage } from '../stage.ts';
import { feedbackContext } from './contexts.ts';
import { readEpisodes } from './episodes.ts';
import type { OpenMethod } from './liveMethod.ts';
import { secondAttempt } from './secondAttempt.ts';
import { selfDistillation } from './selfDistillation.ts';

interface Golden {
  checkpoint: string;
  learningRate: number;
  betas: [number, number];
  maxGradNorm: number;
  emaRate: number;
  episodes: {
    prompt: number[];
    attempts: { said: number[]; feedback: number[]; reward: number }[];
  }[];
  runs: Record<
    'jsd_ema' | 'rltf_sd',
    { loss: number; gradNorm: number; weights: { l1: number; l2: number } }[]
  >;
}

const FIXTURES = new URL('../../../../conformance/fixtures/losses/', import.meta.url);
const golden: Golden = JSON.parse(
  readFileSync(new URL('trajectory_distillation.json', FIXTURES), 'utf8'),
);

beforeAll(async () => {
  await openCpu({ threads: 1 });
});

const idsOf = ({ text }: Segment): number[] => text.split(' ').map(Number);

/** Segments whose text is their ids: nothing stands between them. */
function render(segments: readonly Segment[]): RenderedSegments {
  const tokens = segments.flatMap((segment, place) =>
    idsOf(segment).map((id) => ({ id, segment, place })),
  );
  return {
    ids: Int32Array.from(tokens, ({ id }) => id),
    segments: Int32Array.from(tokens, ({ place }) => place),
    sampled: Uint8Array.from(tokens, ({ segment }) => Number(segment.kind === 'policy')),
    turns: Int32Array.from(tokens, ({ segment }) => segment.turn),
  } as RenderedSegments; // all that the methods at hand read
}

function trajectories(): Trajectory[] {
  const segment = (ids: number[], parts: Omit<Segment, 'text'>): Segment => ({
    ...parts,
    text: ids.join(' '),
  });
  return golden.episodes.map(({ prompt, attempts }) => ({
    ...{ version: 1, id: '', task: { env: '', data: null, seed: 0 }, stop: 'done', reward: 0 },
    segments: [
      segment(prompt, { speaker: 'user', kind: 'prompt', turn: 0 }),
      ...attempts.flatMap(({ said, feedback, reward }, turn) => [
        segment(said, {
          speaker: 'assistant',
          kind: 'policy',
          turn,
          reward,
          tokens: { ids: said },
        }),
        segment(feedback, { speaker: 'user', kind: 'environment', turn }),
      ]),
    ],
  }));
}

const METHODS: Record<keyof Golden['runs'], OpenMethod> = {
  jsd_ema: selfDistillation({
    context: feedbackContext,
    teacher: { emaRate: golden.emaRate },
    divergence: 'jsd',
    normalizer: 'token',
  }),
  rltf_sd: secondAttempt,
};

describe('six updates, step by step', () => {
  test.each(['jsd_ema', 'rltf_sd'] as const)('%s is PyTorch in float64', async (id) => {
    const model = await loadModel(fileURLToPath(new URL(golden.checkpoint, FIXTURES)));
    const method = METHODS[id]({
      model,
      ref: model,
      render,
      tokensPerPass: 1e6,
    } as unknown as Learner); // what they read
    const parameters = model.trainable();
    const { learningRate, betas, maxGradNorm } = golden;
    const stage = new Stage(parameters, { name: 'live', seed: 0, learningRate, betas });
    const episodes = readEpisodes(trajectories(), 2);
    for (const [step, expected] of golden.runs[id].entries()) {
      const { gradients, metrics } = await method.gradient({ episodes, temperature: 1, step });
      const { gradNorm } = await stage.move(gradients!, { learningRate, maxGradNorm });
      dispose(gradients!);
      method.follow();
      const all = Object.keys(parameters).flatMap((name) =>
        Array.from(parameters[name]!.dataSync()),
      );
      const l2 = Math.sqrt(all.reduce((sum, x) => sum + x * x, 0));
      const l1 = all.reduce((sum, x) => sum + Math.abs(x), 0);
      expect(Math.abs(metrics.loss! - expected.loss), `loss ${step}`).toBeLessThan(2e-5);
      expect(Math.abs(gradNorm / expected.gradNorm - 1), `norm ${step}`).toBeLessThan(2e-3);
      expect(Math.abs(l1 / expected.weights.l1 - 1), `l1 ${step}`).toBeLessThan(1e-5);
      expect(Math.abs(l2 / expected.weights.l2 - 1), `l2 ${step}`).toBeLessThan(1e-5);
    }
    method.dispose();
    stage.dispose();
    model.dispose();
  });
});
