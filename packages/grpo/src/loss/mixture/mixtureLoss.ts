import { assertFiniteTokens, assertLength } from '../../base/assertTokens.ts';
import { array, type Check, finite, flag, isArray, mustBe, positive } from '../../base/checks.ts';
import { GrpoError } from '../../base/errors.ts';
import { lookUp } from '../../base/lookUp.ts';
import { toGrid } from '../../base/onGrid.ts';
import { tokensOfGrid } from '../../base/onRows.ts';
import { bringBack, spreadOut } from '../../base/placeTokens.ts';
import { REQUIRED, readPolicyFields } from '../../base/policyFields.ts';
import type { PolicyLossData, PolicyLossInput } from '../../base/policyLossData.ts';
import type { PolicyLossResult } from '../../base/policyLossResult.ts';
import { countOf } from '../../base/readMask.ts';
import { type OptionChecks, readOptions } from '../../base/readOptions.ts';
import { isAligned } from '../../base/targetAligned.ts';
import type { PolicyLoss } from '../lossFunction.ts';
import { type LossOptions, type PolicyLossName, policyLosses } from '../policyLosses.ts';

interface ComponentFrame {
  /** `[B*T]`, this component's weight of each token, beside `data.tokenWeights`; a token with 0 takes no part. Default 1. */
  weights?: ArrayLike<number> | undefined;
  /** Take tokens with a weight that are outside `completionMask` too (feedback tokens, say). Default false. */
  ignoreCompletionMask?: boolean | undefined;
  /** The sum of the component is divided by this. Default: its number of tokens. Pass the whole step's for micro-batches. */
  normalizer?: number | undefined;
  /** Factor of the component. Default 1. */
  scale?: number | undefined;
}

type NamedComponent = {
  [N in PolicyLossName]: {
    loss: N;
    /** Options of its loss; the reduction is a token sum. */
    options?: Omit<LossOptions<N>, 'reduction'> | undefined;
  };
}[PolicyLossName];

interface OwnComponent {
  /** A name in `policyLosses`, one of its functions, or your own. */
  loss: PolicyLoss<never>;
  /** Options of its loss; the reduction is a token sum. */
  options?: object | undefined;
}

/** One term of a mixture: a loss, on which tokens, and what its sum is divided by. */
export type MixtureComponent = ComponentFrame & (NamedComponent | OwnComponent);

export interface MixtureLossResult extends Omit<PolicyLossResult, 'ratio'> {
  /** Share of each component in the loss. */
  parts: Record<string, number>;
}

const WHERE = 'mixtureLoss';

/**
 * Several losses on one batch, each with its own per-token weights and its own normaliser, in one step:
 * a policy gradient, cross-entropy on feedback tokens, KL to the base.
 *
 *     L = sum_c scale_c / normalizer_c * sum_t weights_c[t] * tokenWeights[t] * loss_c[t]
 *
 * A component's options are its loss's; the entropy and off-policy options are `policyLoss`'s.
 *
 * @returns loss, gradient with respect to the log-probs (and `klGradient` if a component uses `klValues`), `parts`;
 * metrics of every component under `<component>/`.
 * @throws {GrpoError} as the components; `option` for a loss that has no token sum (`gmpo`, `rema`) and for a `reduction`.
 *
 * @example
 * const data = { logprobs: [-1, -2], advantages: [1], completionMask: [1, 0], sequenceLength: 2 };
 * const { loss, gradient } = mixtureLoss(data, {
 *   rl: { loss: dapoLoss },
 *   ce: { loss: crossEntropyLoss, weights: [0, 0.5], ignoreCompletionMask: true },
 * });
 * loss; // 0
 * gradient; // Float64Array [-1, -0.5]
 */
export function mixtureLoss(
  data: PolicyLossInput,
  components: Record<string, MixtureComponent>,
): MixtureLossResult {
  if (!isAligned(data)) return mixtureOfGrid(data as PolicyLossData, components);
  const { places, grid } = toGrid(WHERE, data);
  const onPlaces = readComponents(components).map(
    ([name, component]) => [name, spreadComponent(name, component, { grid, places })] as const,
  );
  const result = mixtureOfGrid(grid as unknown as PolicyLossData, Object.fromEntries(onPlaces)); // toGrid made it one
  return bringBack(result, places, ['gradient', 'entropyGradient', 'klGradient', 'perTokenLoss']);
}

/** A component of target-aligned data: its weights are `[N]`, and every token is trained. */
function spreadComponent(
  name: string,
  component: MixtureComponent,
  { grid, places }: { grid: Record<string, unknown>; places: Uint32Array },
): MixtureComponent {
  const where = `${WHERE}: component '${name}'`;
  const { weights, ignoreCompletionMask } = component ?? {};
  if (ignoreCompletionMask === true) {
    throw new GrpoError(
      'option',
      `${where}: with sequenceIds there is no mask to ignore. Leave ignoreCompletionMask out, and give the tokens that take no part the weight 0.`,
    );
  }
  if (!isArray(weights)) return component;
  assertLength(where, { weights }, places.length);
  const size = (grid.completionMask as Uint8Array).length; // toGrid made it
  return { ...component, weights: spreadOut(weights, places, size) as ArrayLike<number> }; // of the same values
}

function mixtureOfGrid(
  given: PolicyLossData,
  components: Record<string, MixtureComponent>,
): MixtureLossResult {
  const data = readPolicyFields(WHERE, given, REQUIRED);
  assertLength(WHERE, { logprobs: data.logprobs });
  const size = data.logprobs.length;
  const { mask: completion } = tokensOfGrid(WHERE, data, size);
  const gradient = new Float64Array(size);
  const perTokenLoss = new Float64Array(size);
  const klGradient = new Float64Array(size);
  const entropyGradient = new Float64Array(size);
  const parts: Record<string, number> = {};
  const metrics: Record<string, number> = {};
  let loss = 0;
  for (const [name, component] of readComponents(components)) {
    const where = `${WHERE}: component '${name}'`;
    const { result, factor } = runComponent(where, component, { data, completion });
    parts[name] = result.loss * factor;
    loss += parts[name];
    for (const [key, value] of Object.entries(result.metrics)) metrics[`${name}/${key}`] = value;
    for (let i = 0; i < size; i++) {
      gradient[i]! += factor * result.gradient[i]!;
      perTokenLoss[i]! += factor * result.perTokenLoss[i]!;
      klGradient[i]! += factor * (result.klGradient?.[i] ?? 0);
      entropyGradient[i]! += factor * (result.entropyGradient?.[i] ?? 0);
    }
  }
  return { loss, gradient, perTokenLoss, klGradient, entropyGradient, parts, metrics };
}

/** The components by name; a mixture of none would train nothing, in silence. */
function readComponents(
  components: Record<string, MixtureComponent>,
): [string, MixtureComponent][] {
  isObject(WHERE, 'components', components ?? {});
  const entries = Object.entries(components ?? {});
  if (entries.length > 0) return entries;
  throw new GrpoError('missing', `${WHERE}: needs components: { name: { loss, weights, … } }.`);
}

/** The token sum of a component, and the factor it enters the mixture with. */
function runComponent(
  where: string,
  given: MixtureComponent,
  { data, completion }: { data: PolicyLossData; completion: Uint8Array },
): { result: PolicyLossResult; factor: number } {
  const component = readOptions<AnyComponent>(where, given as AnyComponent, {
    checks: CHECKS,
    required: ['loss'],
  });
  const { weights, ignoreCompletionMask = false, scale = 1, loss, options } = component;
  const { sequenceLength, tokenWeights } = data;
  const size = completion.length;
  const inside = ignoreCompletionMask ? undefined : completion;
  if (weights) {
    assertLength(where, { weights }, size);
    assertFiniteTokens(where, { weights }, { mask: inside, layout: sequenceLength });
  }
  if (tokenWeights) {
    assertLength(where, { tokenWeights }, size);
    assertFiniteTokens(where, { tokenWeights }, { mask: inside, layout: sequenceLength });
  }
  const mask = completion.map((keep, i) =>
    (ignoreCompletionMask || keep !== 0) && (weights?.[i] ?? 1) !== 0 ? 1 : 0,
  );
  const together =
    weights && tokenWeights
      ? Float64Array.from(mask, (_, i) => weights[i]! * tokenWeights[i]!)
      : (weights ?? tokenWeights);
  const factor = scale / (component.normalizer ?? (countOf(mask) || 1));
  if (Object.hasOwn(options ?? {}, 'reduction')) {
    throw new GrpoError('option', `${where} is a token sum over normalizer: leave reduction out.`);
  }
  const run = lossOf(where, loss);
  const result = run(
    { ...data, completionMask: mask, tokenWeights: together },
    { ...options, reduction: 'token-sum' },
  );
  if (result?.gradient?.length !== size || typeof result.metrics !== 'object') {
    throw mustBe(`${where}: loss`, 'a function that gives a PolicyLossResult', result);
  }
  return { result, factor };
}

/** The function behind a component's loss, which must be a sum over tokens. */
function lossOf(where: string, loss: unknown): PolicyLoss<object> {
  const run =
    typeof loss === 'function'
      ? loss
      : lookUp<unknown>(`${where}: unknown loss`, policyLosses, loss);
  if (run === policyLosses.gmpo || run === policyLosses.rema) {
    throw new GrpoError(
      'option',
      `${where}: gmpo and rema are means of sequences and turns, and have no token sum to mix. Add their gradients yourself.`,
    );
  }
  return run as PolicyLoss<object>; // the loss checks its options, or takes them as they come
}

type AnyComponent = ComponentFrame & { loss: unknown; options?: object | undefined };

const isObject: Check = (where, name, value) => {
  if (typeof value !== 'object' || isArray(value))
    throw mustBe(`${where}: ${name}`, 'an object', value);
};

const CHECKS: OptionChecks<AnyComponent> = {
  loss: () => {}, // looked up where it is called
  options: isObject,
  weights: array,
  ignoreCompletionMask: flag,
  normalizer: positive,
  scale: finite,
};
