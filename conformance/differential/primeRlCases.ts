import type { Random } from '@molrl/ef-env';
import {
  crossEntropyLoss,
  ipoLoss,
  type MixtureComponent,
  mixtureLoss,
  primeLoss,
  refKlLoss,
} from '@molrl/grpo';
import type { DifferentialCase, Exemption } from './differences.ts';
import { caseRandom, perToken, randomBatch, trainedMask } from './randomBatch.ts';

export const primeRlExemptions: Exemption[] = [];

/** Policy, cross-entropy and reference components with weight streams, as one mixture. */
export function primeRlCases(seed: number, count: number): DifferentialCase[] {
  return Array.from({ length: count }, (_, index) => mixtureCase(caseRandom(seed, index)));
}

const stream = (random: Random, size: number): number[] =>
  Array.from({ length: size }, () => (random.next() < 0.5 ? 0 : 2 * random.next()));

function mixtureCase(random: Random): DifferentialCase {
  const batch = randomBatch(random, { advantages: 'either', emptyRows: true, holes: true });
  const { logprobs, rolloutLogprobs, refLogprobs, sequenceLength } = batch;
  const size = logprobs.length;
  const mask = trainedMask(batch);
  const advantages = perToken(batch.advantages, batch);
  const loss = random.choice(['prime', 'ipo'] as const);
  const [low, high] = [random.choice([0.05, 0.2]), random.choice([0.1, 0.2])];
  const [advTau, klTau] = [random.choice([1, 0.5]), random.choice([1e-3, 0.1])];
  const optional = (share: number) => (random.next() < share ? stream(random, size) : null);
  const [rlWeights, ceWeights, refKlWeights] = [optional(0.5), optional(0.5), optional(0.4)];
  const scales = [0, 1, 2].map(() => 1 + random.integer(50)) as [number, number, number];
  return {
    question: {
      length: sequenceLength,
      loss,
      config: {
        dppo_mask_low: low,
        dppo_mask_high: high,
        ipo_threshold: low,
        adv_tau: advTau,
        kl_tau: klTau,
      },
      data: {
        logprobs,
        rolloutLogprobs,
        refLogprobs,
        advantages,
        mask,
        rlWeights,
        ceWeights,
        refKlWeights,
      },
      scales,
    },
    ours() {
      const bounds = loss === 'ipo' ? { epsilon: low } : { epsilon: low, epsilonHigh: high };
      const components: Record<string, MixtureComponent> = {
        rl: {
          loss: loss === 'ipo' ? ipoLoss : primeLoss,
          options: { ...bounds, advTau, klTau },
          normalizer: scales[0],
          ...(rlWeights && { weights: rlWeights }),
        },
        ...(ceWeights && {
          ce: {
            loss: crossEntropyLoss,
            weights: ceWeights,
            ignoreCompletionMask: true,
            normalizer: scales[1],
          },
        }),
        ...(refKlWeights && {
          refKl: {
            loss: refKlLoss,
            weights: refKlWeights,
            ignoreCompletionMask: true,
            normalizer: scales[2],
          },
        }),
      };
      const { gradient, loss: value } = mixtureLoss(
        {
          logprobs,
          rolloutLogprobs,
          refLogprobs,
          advantages,
          completionMask: mask,
          sequenceLength,
        },
        components,
      );
      return { loss: value, gradient };
    },
  };
}
