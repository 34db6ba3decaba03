import { visiblePairs } from '../../visiblePairs.ts';
import { attentionPrograms, LANES_PER_BLOCK } from './attentionPrograms.ts';
import { type GpuFusedKernel, type GpuFusedKernelCall, wantedOutputs } from './gpuFusedKernel.ts';

/** Blocks of queries or keys pass by in workgroup memory; one log-sum-exp per row is kept, never `[T, T]`. */
export const attentionKernel: GpuFusedKernel = {
  name: 'attention',
  forward: (call) => {
    const { backend, inputs } = call;
    const { batch, time, heads, width, across, params } = sizesOf(call);
    const y = backend.output(inputs.q!.shape);
    const logsumexp = backend.output([batch, heads, time]);
    backend.run(attentionPrograms(width).forward, {
      tensors: { ...operandsOf(call), y, logsumexp },
      ...{ params, blocks: batch * heads * across, flops: flopsOf(call, 2) },
    });
    return [y, logsumexp];
  },
  gradient: (call) => {
    const { backend, inputs } = call;
    const { batch, time, heads, kvHeads, width, across, params } = sizesOf(call);
    const programs = attentionPrograms(width);
    const { y, dy, logsumexp } = inputs;
    const gradients = wantedOutputs(call);
    const stats = backend.output([batch, heads, time, 2]);
    const size = batch * heads * time;
    backend.run(programs.stats, {
      tensors: { y: y!, dy: dy!, logsumexp: logsumexp!, stats },
      params: { size, time, heads },
      blocks: Math.ceil(size / LANES_PER_BLOCK),
    });
    const tensors = { ...operandsOf(call), dy: dy!, stats };
    const scratch = [stats];
    const dq = gradients.of('q');
    if (dq)
      backend.run(programs.queryGradient, {
        tensors: { ...tensors, dq },
        ...{ params, blocks: batch * heads * across, flops: flopsOf(call, 3) },
      });
    if (gradients.of('k') || gradients.of('v')) {
      const [dk, dv] = ['k', 'v'].map((name) => {
        const wanted = gradients.of(name);
        if (wanted) return wanted;
        const unused = backend.output(inputs[name]!.shape);
        scratch.push(unused);
        return unused;
      });
      backend.run(programs.keyGradient, {
        tensors: { ...tensors, dk: dk!, dv: dv! },
        ...{ params, blocks: batch * kvHeads * across, flops: flopsOf(call, 4) },
      });
    }
    for (const { dataId } of scratch) backend.disposeData(dataId);
    return gradients.outputs;
  },
};

/** Of so many products over all pairs of a query and a key. */
function flopsOf({ inputs, attributes }: GpuFusedKernelCall, products: number): number {
  const [batch, time, heads, width] = inputs.q!.shape as [number, number, number, number]; // rank checked
  const { causal, window } = attributes as { causal: boolean; window: number }; // of attentionOp
  return 2 * products * batch * heads * width * visiblePairs(time, { causal, window });
}

function operandsOf({ inputs }: GpuFusedKernelCall) {
  const { q, k, v, segmentIds } = inputs;
  return { q: q!, k: k!, v: v!, segmentIds: segmentIds! };
}

function sizesOf({ inputs, attributes }: GpuFusedKernelCall) {
  const [batch, time, heads, width] = inputs.q!.shape as [number, number, number, number]; // rank checked
  const kvHeads = inputs.k!.shape[2]!;
  const across = Math.ceil(time / LANES_PER_BLOCK);
  const scale = attributes.scale as number; // attributes of attentionOp
  const causal = attributes.causal === true ? 1 : 0;
  const tree = attributes.tree === true ? 1 : 0;
  const window = attributes.window as number;
  const params = { time, heads, kvHeads, scale, causal, across, tree, window };
  return { batch, time, heads, kvHeads, width, across, params };
}
