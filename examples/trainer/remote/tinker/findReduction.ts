import type { AdamParams } from '../../../tinker/protocol/adamParams.ts';
import type { Reduction } from '../../../tinker/server/reduction.ts';
import type { TinkerClient } from './tinkerClient.ts';
import { datumOf } from './tokenGradients.ts';

/** Changes nothing. */
const STILL: AdamParams = {
  ...{ learning_rate: 0, beta1: 0.9, beta2: 0.95, eps: 1e-8, weight_decay: 0, grad_clip_norm: 0 },
};

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
 * Finds out what a server divides losses by, which its API does not tell: a model is made, asked for the gradient of one
 * sequence and of the same one twice, and unloaded.
 *
 * @throws {Error} if it is neither of the two that are known.
 */
export async function findReduction(client: TinkerClient): Promise<Reduction> {
  const model = await client.createModel({ rank: 1, seed: 1 });
  try {
    const ids = [1, 2, 3, 4, 5];
    const norm = async (copies: number, weight: number): Promise<number> => {
      const datum = datumOf(ids, { weights: Float32Array.of(0, 0, weight, weight) });
      await model.forwardBackward(new Array(copies).fill(datum), { lossFn: 'cross_entropy' });
      return gradNormOf(await model.optimStep(STILL), client.url);
    };
    const [one, two, half] = [await norm(1, 1), await norm(2, 1), await norm(1, 0.5)];
    const isLike = (twice: number, halved: number): boolean =>
      Math.abs(two / one - twice) < 0.01 && Math.abs(half / one - halved) < 0.01;
    if (isLike(2, 0.5)) return 'sum';
    if (isLike(1, 1)) return 'sequence-mean';
    throw new Error(
      `engine: ${client.url} makes ${two / one} times the gradient of a sequence that comes twice, and ${half / one} times that of one with half the weights. Known are 2 and 0.5 (Tinker), 1 and 1 (SkyRL 0.4.0).`,
    );
  } finally {
    await model.unload();
  }
}
