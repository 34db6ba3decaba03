import { reportFallBack } from '../../../fused/firstUseCheck.ts';
import { fromFloat16 } from '../../../weights/floatFormats.ts';
import { defineProgram } from '../engine/program.ts';
import type { WebGpuBackend } from '../engine/webGpuBackend.ts';

/** All there are, two in a word. */
const HALVES = 2 ** 16;
/** Sign aside, the bits of infinity: what lies above is no number. */
const INFINITE = 0x7c00;

const widenAll = defineProgram({
  name: 'check of f16',
  reads: { x: 'u32' },
  stored: { x: 'f16' },
  writes: { y: 'f32' },
  params: {},
  body: `
  let i = block * LANES + lane;
  y[i] = fromHalf((x[i / 2u] >> (16u * (i % 2u))) & 0xffffu);`,
});

/**
 * Has programs widen numbers of 16 bits by the GPU's own conversion if it gives every one of them its value, subnormal ones too.
 * Otherwise says so, once, and leaves it out.
 */
export async function useShaderF16(backend: WebGpuBackend): Promise<void> {
  const { pipelines } = backend.gpu;
  const { extensions } = pipelines;
  pipelines.extensions = { ...extensions, shaderF16: true };
  const why = await fault(backend).catch((error: Error) => error.message); // what a driver rejects with
  if (why === undefined) return;
  pipelines.extensions = extensions;
  reportFallBack(
    `openDevice: this GPU's numbers of 16 bits cannot be used (${why}). Weights of 16 bits and of blocks are widened by their bits from now on; please report the adapter.`,
  );
}

async function fault(backend: WebGpuBackend): Promise<string | undefined> {
  await backend.gpu.pipelines.ahead([widenAll], () => undefined);
  const words = Int32Array.from({ length: HALVES / 2 }, (_, k) => (2 * k) | ((2 * k + 1) << 16));
  const x = backend.makeTensorInfo([words.length], 'int32', words);
  const y = backend.output([HALVES]);
  backend.run(widenAll, { tensors: { x, y }, params: {}, blocks: HALVES / widenAll.lanes });
  const got = (await backend.read(y.dataId)) as Float32Array; // float32 is asked for
  for (const { dataId } of [x, y]) backend.disposeData(dataId);
  const wanted = fromFloat16(Uint16Array.from(got.keys()));
  const wrong = got.findIndex(
    (value, h) => (h & 0x7fff) <= INFINITE && !Object.is(value, wanted[h]),
  );
  if (wrong < 0) return undefined;
  return `the bits 0x${wrong.toString(16)} are ${got[wrong]} instead of ${wanted[wrong]}`;
}
