import { showValue } from '../../base/showValue.ts';
import { isSize } from './parts.ts';
import { refuseQuantization } from './refuseQuantization.ts';

type Json = Record<string, unknown>;

/** How compressed-tensors has quantised the weights of a model. */
export interface CompressionScheme {
  format: 'int-quantized' | 'float-quantized' | 'naive-quantized' | 'pack-quantized';
  type: 'int' | 'float';
  bits: number;
  /** Without zero points. */
  symmetric: boolean;
  strategy: 'tensor' | 'channel' | 'group' | 'block';
  /** Rows and columns that share a scale; 0 for all of them. */
  block: readonly [height: number, width: number];
}

/** Bits by format and type: other widths are packed otherwise. */
const BITS: Record<string, readonly unknown[]> = {
  'int-quantized int': [8],
  'naive-quantized int': [8],
  'float-quantized float': [8],
  'naive-quantized float': [8],
  'pack-quantized int': [4, 8],
};

/** Orders of columns while they were quantised that leave no trace in the file. */
const PLAIN_ORDERS: readonly unknown[] = [undefined, null, false, 'weight', 'static'];

/**
 * Reads the `quantization_config` of compressed-tensors. All groups must quantise weights alike: which layer belongs to which is not
 * looked up. How activations, outputs and the cache are quantised is not looked at.
 *
 * @throws {Qwen3Error} `unsupported` for what is not read, by name.
 */
export function readScheme(settings: Json, source: string): CompressionScheme {
  const refuse = (what: string): never =>
    refuseQuantization(source, `compressed-tensors and ${what}`);
  refuseOthers(settings, refuse);
  const groups = Object.values(object(settings.config_groups) ?? {}).map(
    (group) => object(group) ?? refuse(`config_groups ${showValue(settings.config_groups)}`),
  );
  const schemes = groups
    .filter(({ weights }) => weights !== null && weights !== undefined)
    .map((group) => groupScheme(group, settings.format, refuse));
  const [first] = schemes;
  if (!first) return refuse('no weights in config_groups');
  const isAlike = schemes.every((scheme) => JSON.stringify(scheme) === JSON.stringify(first));
  return isAlike ? first : refuse('several groups of weights that differ');
}

const object = (value: unknown): Json | undefined =>
  typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Json)
    : undefined;

/** Sparse weights, and rotations that a model must undo while it runs. */
function refuseOthers(settings: Json, refuse: (what: string) => never): void {
  const sparsity = object(settings.sparsity_config) ?? {};
  if ((sparsity.format ?? 'dense') !== 'dense') {
    refuse(`sparsity_config of the format ${showValue(sparsity.format)}`);
  }
  const transforms = Object.keys(object(object(settings.transform_config)?.config_groups) ?? {});
  if (transforms.length > 0) refuse(`transform_config (${showValue(transforms)})`);
}

function groupScheme(
  group: Json,
  usualFormat: unknown,
  refuse: (what: string) => never,
): CompressionScheme {
  const weights = object(group.weights) ?? refuse(`weights ${showValue(group.weights)}`);
  const format = group.format ?? usualFormat;
  const { num_bits: bits = 8, symmetric = true, actorder } = weights;
  const type = String(weights.type ?? 'int').toLowerCase();
  const widths = BITS[`${format} ${type}`];
  if (!widths) return refuse(`format ${showValue(format)} of type ${showValue(weights.type)}`);
  if (!widths.includes(bits)) return refuse(`${showValue(bits)} bits as ${format}`);
  if (typeof symmetric !== 'boolean') return refuse(`symmetric ${showValue(symmetric)}`);
  if (!symmetric && type === 'float') return refuse('zero points of floats');
  if (!PLAIN_ORDERS.includes(actorder)) return refuse(`actorder ${showValue(actorder)}`);
  return {
    format: format as CompressionScheme['format'], // BITS has it
    type: type as CompressionScheme['type'],
    ...{ bits: bits as number, symmetric },
    ...readBlocks(weights, refuse),
  };
}

function readBlocks(
  weights: Json,
  refuse: (what: string) => never,
): Pick<CompressionScheme, 'strategy' | 'block'> {
  const { group_size: size, block_structure: structure } = weights;
  const strategy = String(weights.strategy ?? usualStrategy(size)).toLowerCase();
  if (strategy === 'tensor') return { strategy, block: [0, 0] };
  if (strategy === 'channel') return { strategy, block: [1, 0] };
  if (strategy === 'group' && isSize(size)) return { strategy, block: [1, size] };
  if (strategy === 'block') {
    const [height, width, more] =
      typeof structure === 'string' ? structure.split('x').map(Number) : list(structure);
    if (isSize(height) && isSize(width) && more === undefined) {
      return { strategy, block: [height, width] };
    }
  }
  return refuse(
    `strategy ${showValue(strategy)}, group_size ${showValue(size)}, block_structure ${showValue(structure)}`,
  );
}

const list = (value: unknown): readonly unknown[] => (Array.isArray(value) ? value : []);

function usualStrategy(size: unknown): string {
  if (size === undefined || size === null) return 'tensor';
  return size === -1 ? 'channel' : 'group';
}
