/**
 * How rotary positions are stretched beyond the length a model was trained with; the names are those of Hugging Face's
 * `rope_parameters` in camelCase.
 *
 * @see Chen et al. 2023, Position Interpolation (linear): https://arxiv.org/abs/2306.15595
 * @see Peng et al. 2023, YaRN: https://arxiv.org/abs/2309.00071
 * @see Llama Team 2024, The Llama 3 Herd of Models (llama3): https://arxiv.org/abs/2407.21783
 */
export type RopeScaling =
  | { ropeType: 'linear'; factor: number }
  | {
      ropeType: 'llama3';
      factor: number;
      lowFreqFactor: number;
      highFreqFactor: number;
      /** Tokens of the context before it was stretched. */
      originalMaxPositionEmbeddings: number;
    }
  | {
      ropeType: 'yarn';
      factor: number;
      originalMaxPositionEmbeddings: number;
      /** Factor on cos and sin. Default `0.1 mscale ln(factor) + 1`, over the same with `mscaleAllDim` where both are there. */
      attentionFactor?: number | undefined;
      /** Pairs that turn more often than this within the original context stay as they are. Default 32. */
      betaFast?: number | undefined;
      /** Pairs that turn less often are interpolated. Default 1. */
      betaSlow?: number | undefined;
      mscale?: number | undefined;
      mscaleAllDim?: number | undefined;
      /** Round the bounds of the ramp to whole pairs. Default true. */
      truncate?: boolean | undefined;
    };

const { fround } = Math;

/**
 * `[headDim / 2]`, radians per position, and the factor on cos and sin; each step rounded to f32 as in transformers.
 *
 *     default   f[i] = theta^(-2i / D)
 *     linear    f / factor
 *     llama3    f for short waves, f / factor for long ones, a mixture between
 *     yarn      f where the ramp is 0, f / factor where it is 1, a mixture between
 */
export function rotaryFrequencies(
  { headDim, theta }: { headDim: number; theta: number },
  scaling?: RopeScaling | undefined,
): { frequencies: Float32Array; attentionFactor: number } {
  const waves = Float32Array.from({ length: headDim / 2 }, (_, i) =>
    fround(theta ** fround((2 * i) / headDim)),
  );
  const plain = waves.map((wave) => 1 / wave);
  switch (scaling?.ropeType) {
    case undefined:
      return { frequencies: plain, attentionFactor: 1 };
    case 'linear':
      return { frequencies: plain.map((f) => f / scaling.factor), attentionFactor: 1 };
    case 'llama3':
      return { frequencies: plain.map((f) => llama3(f, scaling)), attentionFactor: 1 };
    case 'yarn':
      return {
        frequencies: yarn(waves, { headDim, theta }, scaling),
        attentionFactor: yarnAttentionFactor(scaling),
      };
  }
}

function llama3(f: number, scaling: RopeScaling & { ropeType: 'llama3' }): number {
  const { factor, lowFreqFactor: low, highFreqFactor: high } = scaling;
  const context = scaling.originalMaxPositionEmbeddings;
  const wave = fround(fround(1 / f) * fround(2 * Math.PI));
  if (wave > context / low) return fround(f / factor);
  if (wave < context / high) return f;
  const smooth = fround(fround(fround(fround(1 / wave) * context) - low) / fround(high - low));
  const long = fround(fround(fround(1 - smooth) * f) / factor);
  return fround(long + fround(smooth * f));
}

function yarn(
  waves: Float32Array,
  { headDim, theta }: { headDim: number; theta: number },
  scaling: RopeScaling & { ropeType: 'yarn' },
): Float32Array {
  const { factor, betaFast = 32, betaSlow = 1, truncate = true } = scaling;
  const context = scaling.originalMaxPositionEmbeddings;
  // the pair that turns so often within the original context
  const pairOf = (turns: number): number =>
    (headDim * Math.log(context / (turns * 2 * Math.PI))) / (2 * Math.log(theta));
  const first = truncate ? Math.floor(pairOf(betaFast)) : pairOf(betaFast);
  const last = truncate ? Math.ceil(pairOf(betaSlow)) : pairOf(betaSlow);
  const low = Math.max(first, 0);
  const high = Math.min(last, headDim - 1);
  const width = low === high ? 0.001 : high - low; // as transformers, against 0 / 0
  return waves.map((wave, i) => {
    const ramp = Math.min(1, Math.max(0, fround(fround(i - fround(low)) / fround(width))));
    const keep = fround(1 - ramp);
    const stretched = fround(1 / fround(factor * wave));
    return fround(fround(stretched * fround(1 - keep)) + fround(fround(1 / wave) * keep));
  });
}

function yarnAttentionFactor(scaling: RopeScaling & { ropeType: 'yarn' }): number {
  const { factor, attentionFactor, mscale, mscaleAllDim } = scaling;
  if (attentionFactor !== undefined) return attentionFactor;
  const scaleOf = (by: number): number => (factor <= 1 ? 1 : 0.1 * by * Math.log(factor) + 1);
  return mscale && mscaleAllDim ? scaleOf(mscale) / scaleOf(mscaleAllDim) : scaleOf(1);
}
