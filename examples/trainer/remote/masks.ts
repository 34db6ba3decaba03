import type { Completion, GenerateOptions } from '@molrl/qwen3';
import type { MaskedRequest, SampledChoice, SamplingRequest } from './samplingServer.ts';

type SamplingMask = NonNullable<Completion['samplingMask']>;

/**
 * A request of a server that tells masks, which draws neither greedily nor without a top-k: the likeliest one is greedy, and
 * the whole vocabulary is none.
 */
export function asMasked(request: SamplingRequest, vocabularySize: number): MaskedRequest {
  if (request.temperature === 0) return { ...request, temperature: 1, top_k: 1 };
  return { top_k: vocabularySize, ...request };
}

/** @param forbidden - ids of a bias so low that they weigh nothing; the server counts them as kept. */
export function maskOf(
  kept: NonNullable<SampledChoice['kept']>,
  forbidden: readonly number[],
): SamplingMask {
  const left = new Set(forbidden);
  const lists = kept.map((list) => list.filter((id) => !left.has(id)));
  const offsets = new Int32Array(lists.length + 1);
  for (const [i, { length }] of lists.entries()) offsets[i + 1] = offsets[i]! + length; // one more than lists
  return { tokenIds: Int32Array.from(lists.flat()), offsets };
}

/** The filters of a request, as the server names them. */
export const filtersOf = ({ topK, topP, minP }: GenerateOptions) => ({
  ...(topK && { top_k: topK }),
  ...(typeof topP === 'number' && { top_p: topP }),
  ...(typeof minP === 'number' && { min_p: minP }),
});
