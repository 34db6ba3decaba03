import { TensorGpuError } from '../../../base/errors.ts';
import type { CpuRuntime } from '../engine/cpuRuntime.ts';
import type { CpuFusedKernel, CpuFusedKernelCall } from './cpuFusedKernel.ts';
import { wantedOutputs } from './wantedOutputs.ts';

/** Byte offsets and shape; see `attention`. */
export interface AttentionArgs {
  q: number;
  k: number;
  v: number;
  /** int32 `[batch, time]`. */
  segmentIds: number;
  y: number;
  /** `[batch, heads, time]`. */
  logsumexp: number;
  batch: number;
  time: number;
  heads: number;
  kvHeads: number;
  width: number;
  scale: number;
  causal: boolean;
  /** `segmentIds` say where the subtree of each token ends. */
  tree: boolean;
  /** 0: none. */
  window: number;
}

/** Queries per chunk: a multiple of every build's block (48, with AVX-512 96). */
const QUERIES_PER_CHUNK = 192;
/** The kernels' scratch holds blocks of this head width. */
const WIDEST_HEAD = 1024;

export function attentionCpu(cpu: CpuRuntime, args: AttentionArgs): void {
  const { q, k, v, segmentIds, y, logsumexp, batch, time, heads } = args;
  const chunks = batch * heads * Math.ceil(time / QUERIES_PER_CHUNK);
  const tensors = { q, k, v, segmentIds, y, logsumexp };
  const words = { ...tensors, ...shapeWords(args), queriesPerChunk: QUERIES_PER_CHUNK };
  cpu.run('attention', chunks, words);
}

/** `dq`, `dk` or `dv` 0: not wanted. */
export function attentionGradientCpu(
  cpu: CpuRuntime,
  args: AttentionArgs & { dy: number; dq: number; dk: number; dv: number },
): void {
  const { q, k, v, segmentIds, y, logsumexp, dy, dq, dk, dv, batch, kvHeads } = args;
  const tensors = { q, k, v, segmentIds, y, logsumexp, dy, dq, dk, dv };
  cpu.run('attentionGradient', batch * kvHeads, { ...tensors, ...shapeWords(args) });
}

function shapeWords(args: AttentionArgs) {
  const { batch, time, heads, kvHeads, width, scale, causal, tree, window } = args;
  if (width > WIDEST_HEAD) {
    throw new TensorGpuError(
      'shape',
      `attention: the kernels take heads up to ${WIDEST_HEAD} wide, got ${width}. Use tfjs ops for such a model.`,
    );
  }
  const flags = { causal: causal ? 1 : 0, tree: tree ? 1 : 0 };
  return { batch, time, heads, kvHeads, width, scale, ...flags, window };
}

export const attentionKernel: CpuFusedKernel = {
  name: 'attention',
  forward: (call) => {
    const { backend, inputs } = call;
    const [batch, time, heads] = inputs.q!.shape as [number, number, number]; // rank checked
    const y = backend.output(inputs.q!.shape);
    const logsumexp = backend.output([batch, heads, time]);
    attentionCpu(backend.cpu, {
      ...argsOf(call),
      y: backend.offset(y),
      logsumexp: backend.offset(logsumexp),
    });
    return [y, logsumexp];
  },
  gradient: (call) => {
    const { backend, inputs } = call;
    const { outputs, offsetOf } = wantedOutputs(call);
    attentionGradientCpu(backend.cpu, {
      ...argsOf(call),
      y: backend.offset(inputs.y!),
      logsumexp: backend.offset(inputs.logsumexp!),
      dy: backend.offset(inputs.dy!),
      dq: offsetOf('q'),
      dk: offsetOf('k'),
      dv: offsetOf('v'),
    });
    return outputs;
  },
};

function argsOf(call: CpuFusedKernelCall): Omit<AttentionArgs, 'y' | 'logsumexp'> {
  const { backend, inputs, attributes } = call;
  const [batch, time, heads, width] = inputs.q!.shape as [number, number, number, number]; // rank checked
  return {
    q: backend.offset(inputs.q!),
    k: backend.offset(inputs.k!),
    v: backend.offset(inputs.v!),
    segmentIds: backend.offset(inputs.segmentIds!),
    batch,
    time,
    heads,
    kvHeads: inputs.k!.shape[2]!,
    width,
    scale: attributes.scale as number, // the attributes of attentionOp
    causal: attributes.causal as boolean,
    tree: attributes.tree as boolean,
    window: attributes.window as number,
  };
}
