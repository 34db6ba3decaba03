import { matchingNames } from '#platform';
import { showValue } from '../base/showValue.ts';
import { LINEAR_MODULES } from '../model/layerDescription.ts';
import { parameterShapes } from '../model/parameterShapes.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import { pythonRegExp } from './pythonRegExp.ts';

/** Milliseconds a pattern of a file may take (in Node): some never end. */
const PATTERN_TIMEOUT = 2000;

/** PEFT's targets where a config names none for Qwen3. */
const DEFAULT_TARGETS = ['q_proj', 'v_proj'];

export type Refuse = (code: 'config' | 'unsupported', what: string) => never;

/** Full names of the linear layers that LoRA can adapt, `model.layers.0.self_attn.q_proj`, …, in the order of the model. */
export function linearModules(model: Qwen3): string[] {
  return Object.keys(parameterShapes(model.config))
    .map((name) => name.replace(/\.weight$/, ''))
    .filter((name) => Object.hasOwn(LINEAR_MODULES, lastPart(name)));
}

const lastPart = (name: string): string => name.slice(name.lastIndexOf('.') + 1);

/**
 * The layers an adapter config means, as PEFT finds them: by a regular expression that must match the whole name
 * (text), by full names or their last parts (list), or all (`'all-linear'`); names that fit no layer are superfluous.
 * `layers_to_transform` narrows down what last parts found.
 */
export function targetedModules(
  config: Record<string, unknown>,
  modules: readonly string[],
  refuse: Refuse,
): string[] {
  const { layers_to_transform: layers = null, layers_pattern: pattern = null } = config;
  const targets = config.target_modules ?? DEFAULT_TARGETS;
  if (typeof targets !== 'string' && !Array.isArray(targets)) {
    return refuse('config', `target_modules must be a list or text, got ${showValue(targets)}.`);
  }
  const found = Array.isArray(targets)
    ? modules.filter(listFilter(targets, { layers, pattern }, refuse))
    : modules.filter(patternFilter(targets, { layers, pattern, modules }, refuse));
  const hasParameters = isFilled(config.target_parameters);
  if (found.length === 0 && targets.length === 0 && !hasParameters) {
    refuse('config', 'target_modules is empty: the adapter would change nothing.');
  }
  return found;
}

/** The layers of a model that can be adapted: by themselves, and experts as one stack per layer. */
export interface AdaptableLayers {
  modules: readonly string[];
  stacks: readonly string[];
}

/** The stacks of experts that `target_parameters` means: by their full names or the last parts of them. */
export function targetedStacks(
  targets: unknown,
  stacks: readonly string[],
  refuse: Refuse,
): string[] {
  if (!isFilled(targets)) return [];
  if (!Array.isArray(targets) || targets.some((target) => typeof target !== 'string')) {
    return refuse(
      'config',
      `target_parameters must be a list of names, got ${showValue(targets)}.`,
    );
  }
  const fits = (name: string): boolean =>
    targets.some((target) => name === target || name.endsWith(`.${target}`));
  const found = stacks.filter(fits);
  const odd = targets.find(
    (target) => !stacks.some((name) => name === target || name.endsWith(`.${target}`)),
  );
  if (odd !== undefined) {
    refuse(
      'unsupported',
      `target_parameters names ${showValue(odd)}, which is no stack of experts of this model (gate_up_proj, down_proj).`,
    );
  }
  return found;
}

const isFilled = (value: unknown): boolean =>
  value !== undefined && value !== null && !(Array.isArray(value) && value.length === 0);

/** What narrows down the layers that last parts found. */
interface LayerChoice {
  /** `layers_to_transform` */
  layers: unknown;
  /** `layers_pattern` */
  pattern: unknown;
}

function patternFilter(
  targets: string,
  { layers, pattern, modules }: LayerChoice & { modules: readonly string[] },
  refuse: Refuse,
): (name: string) => boolean {
  if (layers !== null || pattern !== null) {
    const name = layers === null ? 'layers_pattern' : 'layers_to_transform';
    refuse('config', `${name} needs a list target_modules, got the text ${showValue(targets)}.`);
  }
  if (targets.toLowerCase() === 'all-linear') return () => true;
  const found = new Set(matching({ key: 'target_modules', pattern: targets }, modules, refuse));
  return (name) => found.has(name);
}

/** The names a Python pattern matches whole. */
export function matching(
  { key, pattern }: { key: string; pattern: string },
  names: readonly string[],
  refuse: Refuse,
): string[] {
  const expression = pythonRegExp(pattern);
  if ('unlike' in expression) {
    return refuse(
      'unsupported',
      `${key} has the pattern ${showValue(pattern)}, in which ${showValue(expression.unlike)} is not the same in Python and JavaScript. Write the names of the layers out.`,
    );
  }
  try {
    return matchingNames(names, expression, { timeout: PATTERN_TIMEOUT });
  } catch {
    return refuse(
      'unsupported',
      `${key} has the pattern ${showValue(pattern)}, which takes too long. Write the names of the layers out.`,
    );
  }
}

function listFilter(
  targets: readonly unknown[],
  choice: LayerChoice,
  refuse: Refuse,
): (name: string) => boolean {
  const odd = targets.find((target) => typeof target !== 'string');
  if (odd !== undefined) {
    refuse('config', `target_modules must be a list of names, got ${showValue(targets)}.`);
  }
  const isLayer = layerFilter(choice, refuse);
  // PEFT's order: a full name counts in every layer.
  return (name) =>
    targets.includes(name) ||
    (isLayer(name) && targets.some((target) => name.endsWith(`.${target}`)));
}

/** `layers_to_transform`: one number, a list, or none for all layers. */
function layerFilter({ layers, pattern }: LayerChoice, refuse: Refuse): (name: string) => boolean {
  const wanted = Array.isArray(layers) ? layers : [layers].filter((layer) => layer !== null);
  const patterns = Array.isArray(pattern) ? pattern : [pattern].filter((one) => one !== null);
  if (!wanted.every((layer) => Number.isSafeInteger(layer))) {
    refuse('config', `layers_to_transform must hold layer numbers, got ${showValue(layers)}.`);
  }
  const other = patterns.find((one) => !['', 'layers', 'model.layers'].includes(one as string));
  if (other !== undefined) {
    refuse(
      'unsupported',
      `layers_pattern is ${showValue(pattern)}; the layers of Qwen3 are called "layers".`,
    );
  }
  if (layers === null && patterns.length > 0 && pattern !== '') {
    refuse('config', 'layers_pattern needs layers_to_transform beside it.');
  }
  if (wanted.length === 0) return () => true;
  return (name) => wanted.includes(Number(/\.layers\.(\d+)\./.exec(name)?.[1]));
}

/** Names for PEFT's `target_modules`: the last part where every layer has it, else full names. */
export function peftTargets(adapted: readonly string[], model: Qwen3): string[] {
  const layers = model.config.numHiddenLayers;
  const counts = new Map<string, number>();
  for (const name of adapted) counts.set(lastPart(name), (counts.get(lastPart(name)) ?? 0) + 1);
  const names = adapted.map((name) =>
    counts.get(lastPart(name)) === layers ? lastPart(name) : name,
  );
  return [...new Set(names)];
}
