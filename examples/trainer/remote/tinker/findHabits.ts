import type { AdamParams } from '../../../tinker/protocol/adamParams.ts';
import type { Datum } from '../../../tinker/protocol/forwardBackward.ts';
import type { Reduction } from '../../../tinker/server/reduction.ts';
import type { RemoteModel, TinkerClient } from './tinkerClient.ts';
import { datumOf } from './tokenGradients.ts';

/** What the API of a server does not tell. */
export interface Habits {
  /** What it divides losses by. */
  reduction: Reduction;
  /** Whether it heeds `grad_clip_norm`. */
  clips: boolean;
}

/** Changes nothing. */
const STILL: AdamParams = {
  ...{ learning_rate: 0, beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0, grad_clip_norm: 0 },
};
const IDS = [1, 2, 3, 4, 5];

/** A norm by whatever name the server has for it. @throws {Error} where it tells none. */
export function gradNormOf(metrics: Record<string, number>, url: string): number {
  const name = Object.keys(metrics).find((one) => /grad_norm|grad_l2/.test(one));
  const value = name === undefined ? undefined : metrics[name];
  if (value !== undefined && Number.isFinite(value)) return value;
  throw new Error(
    `engine: ${url} tells no finite norm of the gradient after optim_step, only ${JSON.stringify(metrics)}. What it divides losses by cannot be found out, and a run there would train at an unknown rate.`,
  );
}

/**
 * Finds out, on a model of its own that is unloaded again, what a server divides losses by and whether it shortens gradients.
 *
 * @throws {Error} if what it divides by is neither of the two that are known.
 */
export async function findHabits(client: TinkerClient): Promise<Habits> {
  const model = await client.createModel({ rank: 1, seed: 1 });
  try {
    const { reduction, norm } = await findReduction(model, client.url);
    return { reduction, clips: await findClipping(model, norm) };
  } finally {
    await model.unload();
  }
}

const probe = (weight: number): Datum =>
  datumOf(IDS, { weights: Float32Array.of(0, 0, weight, weight) });

/** By the gradient of one sequence, of the same one twice, and with half the weights. */
async function findReduction(
  model: RemoteModel,
  url: string,
): Promise<{ reduction: Reduction; norm: number }> {
  const norm = async (copies: number, weight: number): Promise<number> => {
    const data = new Array<Datum>(copies).fill(probe(weight));
    await model.forwardBackward(data, { lossFn: 'cross_entropy' });
    return gradNormOf(await model.optimStep(STILL), url);
  };
  const [one, two, half] = [await norm(1, 1), await norm(2, 1), await norm(1, 0.5)];
  const isLike = (twice: number, halved: number): boolean =>
    Math.abs(two / one - twice) < 0.01 && Math.abs(half / one - halved) < 0.01;
  if (isLike(2, 0.5)) return { reduction: 'sum', norm: one };
  if (isLike(1, 1)) return { reduction: 'sequence-mean', norm: one };
  throw new Error(
    `engine: ${url} makes ${two / one} times the gradient of a sequence that comes twice, and ${half / one} times that of one with half the weights. Known are 2 and 0.5 (Tinker), 1 and 1 (SkyRL 0.4.0).`,
  );
}

/**
 * By a step that is plain descent, because eps is far above the gradient: its length is that of the gradient. It lowers the
 * loss by about one nat, or by 1e-4 if the gradient was shortened as it was asked for.
 */
async function findClipping(model: RemoteModel, norm: number): Promise<boolean> {
  const forward = async (forwardOnly: boolean): Promise<Float32Array> => {
    const { outputs } = await model.forwardBackward([probe(1)], {
      ...{ lossFn: 'cross_entropy', forwardOnly },
    });
    return outputs[0]?.logprobs ?? new Float32Array();
  };
  const before = await forward(false);
  const [eps, grad_clip_norm] = [100 * norm, 1e-4 * norm];
  await model.optimStep({
    ...STILL,
    learning_rate: eps / norm ** 2,
    beta1: 0,
    eps,
    grad_clip_norm,
  });
  const after = await forward(true);
  return Math.max(...before.map((value, i) => Math.abs(value - after[i]!))) < 0.05; // as long
}
