import { mkdir, rm } from 'node:fs/promises';
import type { ScoredTargets, ScoreTargetsOptions } from '@molrl/qwen3';
import type { Optimizer } from '@molrl/tensor-gpu';
import type { AdamParams } from '../../../tinker/protocol/adamParams.ts';
import type { OptimizerChoice } from '../../method/createOptimizer.ts';
import type { Elsewhere } from '../../method/elsewhere.ts';
import type { Scored } from '../../method/scored.ts';
import { gradNormOf } from './findHabits.ts';
import { checkLimit } from './gradientLimit.ts';
import { parts, type RemoteWeights } from './remoteWeights.ts';
import type { TinkerClient } from './tinkerClient.ts';
import { datumOf, gradientData, type TokenGradient } from './tokenGradients.ts';
import { unpackAdapter } from './unpackAdapter.ts';

const EPS = 1e-8; // of AdamW here

/** A model at a Tinker server as what a learner is trained with. */
export function tinkerElsewhere(weights: RemoteWeights): Elsewhere {
  const { client, habits } = weights;
  let pending: TokenGradient[] = []; // since the last step
  return {
    async score(scored, options) {
      refuse(options);
      const places = placesOf(scored);
      const all = await modelLogprobs(weights, scored);
      const logprobs = pick(all, places);
      const refLogprobs = options.ref
        ? pick(await baseLogprobs(client, scored), places)
        : undefined;
      const answer: Partial<ScoredTargets> = {
        ...{ logprobs, dispose: () => {} },
        ...(refLogprobs && { refLogprobs }),
        backward({ logprobs: gradient }) {
          if (gradient) pending.push(...gradientsOf(scored, { all, places, gradient }));
          return {};
        },
      };
      return answer as ScoredTargets; // what was not asked for is not there
    },
    async scoreOnly(scored, { of, temperature }) {
      refuse({ temperature });
      const all =
        of === 'model' ? await modelLogprobs(weights, scored) : await baseLogprobs(client, scored);
      return pick(all, placesOf(scored));
    },
    optimizer(choice) {
      weights.forgetMoments();
      pending = [];
      return remoteOptimizer(weights, choice, () => {
        const data = gradientData(pending, habits.reduction);
        pending = [];
        return data;
      });
    },
    readWeights: async () => ({ [await weights.checkpoint()]: new Float32Array() }),
    writeWeights(saved) {
      weights.goTo(uriAmong(saved), false);
    },
    async fetchAdapter(folder) {
      const packed = await client.archive(await weights.samplerUri());
      await rm(folder, { recursive: true, force: true });
      await mkdir(folder, { recursive: true });
      await unpackAdapter(packed, folder);
    },
  };
}

/** A checkpoint stands in the run's own as the name of nothing. */
function uriAmong(saved: Record<string, unknown>): string {
  const uri = Object.keys(saved).find((name) => name.startsWith('tinker://'));
  if (uri !== undefined) return uri;
  throw new Error(
    'engine: the run was begun without it: its checkpoints hold weights, and none of a server. Go on without --engine.',
  );
}

type Asked = Pick<
  ScoreTargetsOptions,
  'kl' | 'entropy' | 'temperature' | 'refInput' | 'balanceLoss'
>;

function refuse({ kl, entropy, temperature = 1, refInput, balanceLoss }: Asked): void {
  const no = (what: string, instead: string): never => {
    throw new Error(
      `engine: a Tinker server tells the log-probs of the tokens alone, not ${what}. ${instead}`,
    );
  };
  if (kl)
    no(
      'a KL over the whole vocabulary',
      'The nearest is the KL of the sampled tokens: --mol.kl sampled, or `beta` in GRPO.',
    );
  if (entropy) no('entropies', 'Leave entropyCoef 0.');
  if (temperature !== 1) no(`those at temperature ${temperature}`, 'Set the temperature to 1.');
  if (refInput) no('those of a teacher', 'Leave --engine out for this stage.');
  if (balanceLoss) no('the load of experts', 'Leave the balance loss out.');
}

/** Where each target's log-prob stands: its sequence, and its place among the tokens but the first. */
function placesOf({ batch, targets, sequences }: Scored): { sequence: number; at: number }[] {
  const { tree } = batch as { tree?: { starts: ArrayLike<number>; shared: ArrayLike<number> } };
  let end = 0;
  const starts = sequences.map(({ ids }, i) => {
    end += ids.length;
    return tree ? tree.starts[i]! - tree.shared[i]! : end - ids.length; // one each
  });
  return Array.from(targets.rows, (row, i) => {
    const sequence = targets.sequenceIds[i]!; // one a target
    return { sequence, at: row - starts[sequence]! };
  });
}

const pick = (all: readonly Float32Array[], places: ReturnType<typeof placesOf>): Float32Array =>
  Float32Array.from(places, ({ sequence, at }) => all[sequence]![at]!); // of these sequences

/** Of every token but the first of each sequence. */
async function modelLogprobs(
  weights: RemoteWeights,
  { sequences }: Scored,
): Promise<Float32Array[]> {
  const model = await weights.model();
  const found: Float32Array[] = [];
  for (const part of parts(sequences.map(({ ids }) => datumOf(ids)))) {
    const { outputs } = await model.forwardBackward(part, {
      ...{ lossFn: 'cross_entropy', forwardOnly: true },
    });
    for (const [i, output] of outputs.entries()) {
      const { logprobs } = output;
      if (logprobs?.length !== part[i]?.tokens.length)
        throw new Error(
          `engine: ${weights.client.url} answered without a log-prob for each token.`,
        );
      found.push(logprobs!); // it has a length
    }
  }
  return found;
}

/** The base's, as the log-probs of prompts. */
const baseLogprobs = (client: TinkerClient, { sequences }: Scored): Promise<Float32Array[]> =>
  Promise.all(
    sequences.map(async ({ ids }) => {
      const prompt = Array.from(ids);
      const drawn = { maxTokens: 1, temperature: 1, seed: 1, stop: [] };
      const said = await client.sample({ uri: undefined, prompt, ...drawn, promptLogprobs: true });
      const values = said.promptLogprobs ?? new Float32Array();
      // some servers leave the first token out, which nothing predicts
      if (values.length < prompt.length - 1)
        throw new Error(
          `engine: ${client.url} tells no log-probs of prompts, which the KL to the base needs.`,
        );
      return values.subarray(values.length - (prompt.length - 1));
    }),
  );

function gradientsOf(
  { sequences }: Scored,
  found: {
    all: readonly Float32Array[];
    places: ReturnType<typeof placesOf>;
    gradient: ArrayLike<number>;
  },
): TokenGradient[] {
  const { all, places, gradient } = found;
  const own = sequences.map(({ ids }, i) => ({
    ...{ ids, logprobs: all[i]!, gradient: new Float64Array(ids.length - 1) }, // one each
  }));
  for (const [i, { sequence, at }] of places.entries()) own[sequence]!.gradient[at] = gradient[i]!; // one a target
  return own;
}

function remoteOptimizer(
  weights: RemoteWeights,
  { learningRate: usual, betas = [0.9, 0.98], weightDecay = 0 }: OptimizerChoice,
  takeData: () => ReturnType<typeof gradientData>,
): Optimizer {
  let count = 0;
  return {
    async step(_, { learningRate = usual, maxGradNorm } = {}) {
      checkLimit({ maxGradNorm }, weights);
      const model = await weights.model();
      for (const part of parts(takeData()))
        await model.forwardBackward(part, { lossFn: 'importance_sampling' });
      const params: AdamParams = {
        ...{ learning_rate: learningRate, beta1: betas[0], beta2: betas[1], eps: EPS },
        ...{ weight_decay: weightDecay, grad_clip_norm: maxGradNorm ?? 0 },
      };
      const metrics = await model.optimStep(params);
      weights.moved();
      count += 1;
      return { gradNorm: gradNormOf(metrics, weights.client.url) };
    },
    state() {
      throw new Error('engine: the moments are at the server: readState.');
    },
    readState: async () => ({
      ...{ step: count, tensors: { [await weights.checkpoint()]: new Uint8Array() } },
    }),
    load({ step, tensors }) {
      weights.goTo(uriAmong(tensors), true);
      count = step;
    },
    dispose() {},
  };
}
