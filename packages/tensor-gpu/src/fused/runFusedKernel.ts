import {
  engine,
  type NamedTensorMap,
  Tensor,
  type TensorInfo,
  zerosLike,
} from '@tensorflow/tfjs-core';
import { TensorGpuError } from '../base/errors.ts';
import { type FusedNode, WANTED } from '../tape/fusedNode.ts';
import type { FusedOpArguments, FusedOpAttributes, FusedOpDefinition } from './fusedOp.ts';
import { kernelsOf, type OpKernels } from './kernelsOf.ts';
import { SavedTensor } from './savedTensor.ts';

type AnyDefinition = Omit<FusedOpDefinition<FusedOpArguments, Tensor>, 'reference' | 'example'>;

/** Whether the current back end has both kernels of the op. */
export function hasFusedKernels({ name }: { readonly name: string }): boolean {
  return kernelsOf(name) !== undefined;
}

/**
 * Runs the forward kernel, on the tape, without asking whether it passed its check. It does what tfjs's `runKernel` does
 * with a registered gradient, for the price of a small kernel: saved tensors are counted references instead of clones.
 */
export function runFusedKernel<
  Arguments extends FusedOpArguments,
  Result extends Tensor | Tensor[],
>(definition: FusedOpDefinition<Arguments, Result>, args: Arguments): Result {
  const { name, inputs, returns } = definition;
  const kernels = kernelsOf(name);
  if (kernels === undefined)
    throw new TensorGpuError('internal', `${name}: '${engine().backendName}' has no kernels.`);
  const named: NamedTensorMap = {};
  // FusedOpArguments: the named tensors, then the attributes.
  for (let k = 0; k < inputs.length; k++) named[inputs[k]!] = args[k] as Tensor;
  const attributes = (args[inputs.length] ?? {}) as FusedOpAttributes;
  for (const input of differentiableInputs(definition)) {
    const { dtype } = named[input]!;
    if (dtype === 'float32') continue;
    throw new TensorGpuError('dtype', `${name}: ${input} must be float32, got ${dtype}. Cast it.`);
  }
  const recording = isRecording();
  const asked = definition.keeps && recording ? { ...attributes, isRecorded: true } : attributes;
  const outputs = compute(kernels.forward, named, asked);
  if (recording) recordNode(definition, kernels, { inputs: named, outputs, attributes });
  const count = returns ?? 1;
  for (let k = count; k < outputs.length; k++) outputs[k]!.dispose();
  // `returns` says whether Result is one tensor or a list.
  return (returns === undefined ? outputs[0] : outputs.slice(0, returns)) as Result;
}

/** The inputs that have a gradient. */
export function differentiableInputs(definition: AnyDefinition): readonly string[] {
  return definition.differentiable ?? definition.inputs;
}

/** What tfjs's engine asks before it writes a kernel down. */
export function isRecording(): boolean {
  const { gradientDepth, kernelDepth } = engine().state;
  return gradientDepth > 0 && kernelDepth === 0;
}

/** Runs a registered kernel; its outputs become tensors of the scope that is open. */
function compute(
  { kernelFunc }: OpKernels['forward'],
  inputs: Readonly<Record<string, TensorInfo>>,
  attrs: Readonly<Record<string, unknown>>,
): Tensor[] {
  const tfjs = engine();
  const { state, backend } = tfjs;
  state.kernelDepth++; // what the kernel itself calls is not written down
  try {
    // the attributes are options of our ops and lists of names
    const infos = kernelFunc({ inputs, attrs: attrs as never, backend });
    const list = Array.isArray(infos) ? infos : [infos];
    return list.map((info) =>
      info instanceof Tensor ? info : tfjs.makeTensorFromTensorInfo(info, backend),
    );
  } finally {
    state.kernelDepth--;
  }
}

interface Run {
  inputs: NamedTensorMap;
  outputs: Tensor[];
  attributes: FusedOpAttributes;
}

/** Writes the kernel on tfjs's tape, with what its gradient needs. */
function recordNode(definition: AnyDefinition, kernels: OpKernels, run: Run): void {
  const { saves, outputs: outputNames = ['y'], keeps } = definition;
  const { inputs } = run;
  const outputs = run.outputs.slice(0, outputNames.length);
  const given: Record<string, TensorInfo> = {};
  const saved: SavedTensor[] = [];
  for (const save of saves) {
    const holder = new SavedTensor(inputs[save] ?? outputs[outputNames.indexOf(save)]!); // saves are inputs and outputs
    saved.push(holder);
    given[save] = holder;
  }
  const kept = run.outputs[outputNames.length];
  if (keeps && kept) {
    const holder = new SavedTensor(kept);
    saved.push(holder);
    given[keeps] = holder;
  }
  const node = new RecordedKernel(definition, kernels, { ...run, outputs, given, saved });
  engine().state.activeTape.push(node);
}

/** A node of the tape. (A class: closures would be made anew for every kernel of every step.) */
class RecordedKernel implements FusedNode {
  readonly id = engine().state.nextTapeNodeId++;
  readonly kernelName: string;
  readonly inputs: NamedTensorMap;
  readonly outputs: Tensor[];
  readonly saved: Tensor[];
  private readonly definition: AnyDefinition;
  private readonly kernels: OpKernels;
  private readonly given: Record<string, TensorInfo>;
  private readonly attributes: FusedOpAttributes;

  constructor(
    definition: AnyDefinition,
    kernels: OpKernels,
    run: Run & { given: Record<string, TensorInfo>; saved: SavedTensor[] },
  ) {
    this.kernelName = definition.name;
    this.inputs = run.inputs;
    this.outputs = run.outputs;
    this.saved = run.saved as unknown as Tensor[]; // our gradient kernels alone read them; the tape's owner disposes them
    this.definition = definition;
    this.kernels = kernels;
    this.given = run.given;
    this.attributes = run.attributes;
  }

  /** tfjs asks for one input after the other; our tape for all wanted ones at once. (A field: tfjs copies nodes.) */
  readonly gradient = (cotangents: Tensor[]): Record<string, () => Tensor> => {
    const lazy = (input: string) => () =>
      this[WANTED](cotangents, [input])[0] ?? zerosLike(this.inputs[input]!);
    return Object.fromEntries(this.definition.inputs.map((input) => [input, lazy(input)]));
  };

  [WANTED](cotangents: readonly (Tensor | null)[], wanted: readonly string[]): (Tensor | null)[] {
    const { definition, given, outputs } = this;
    const names = definition.outputs ?? ['y'];
    for (let k = 0; k < outputs.length; k++)
      given[`d${names[k]}`] = cotangents[k] ?? zerosLike(outputs[k]!);
    const trained = differentiableInputs(definition);
    const asked = wanted.filter((input) => trained.includes(input));
    const computed = gradientTensors(this.kernels, given, { ...this.attributes, wanted: asked });
    return asked.length === wanted.length
      ? computed
      : wanted.map((input) => (trained.includes(input) ? computed.shift()! : null));
  }
}

/** Second derivatives are asked of tfjs's engine, which notes that there are none. */
function gradientTensors(
  { gradient }: OpKernels,
  given: Readonly<Record<string, TensorInfo>>,
  attributes: Readonly<Record<string, unknown>>,
): Tensor[] {
  if (!isRecording()) return compute(gradient, given, attributes);
  const tensors: Tensor | Tensor[] = engine().runKernel(
    gradient.kernelName,
    given as NamedTensorMap, // the engine reads no more of them than TensorInfo has
    attributes as never, // options of our ops and lists of names
  );
  return [tensors].flat();
}
