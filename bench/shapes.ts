/** A model and the batches it is measured with. Keys are what the Python peers read. */
export interface Shape {
  hidden: number;
  layers: number;
  heads: number;
  kvHeads: number;
  headDim: number;
  intermediate: number;
  vocab: number;
  /** Rows and columns of a training step. */
  trainBatch: number;
  trainLength: number;
  /** Sequences, prompt and new tokens of a sampling run. */
  sampleBatch: number;
  promptLength: number;
  newTokens: number;
  grpoPrompts: number;
  grpoGenerations: number;
  grpoNewTokens: number;
  /** Train a LoRA adapter of this rank on all linear layers; 0 trains every weight. */
  loraRank: number;
}

export type ShapeName = 'nano' | 'micro' | 'mini' | 'small' | 'smollm2' | 'q06b';

const sampling = {
  sampleBatch: 64,
  promptLength: 16,
  newTokens: 48,
  grpoPrompts: 8,
  grpoGenerations: 8,
  grpoNewTokens: 32,
  loraRank: 0,
};

/** From a toy to Qwen3-0.6B (`q06b`), with the sizes of SmolLM2-135M as a Qwen3 between them (`smollm2`); heads are tied to the embedding throughout. */
export const shapes: Record<ShapeName, Shape> = {
  nano: {
    ...sampling,
    ...{ hidden: 64, layers: 2, heads: 4, kvHeads: 2, headDim: 16, intermediate: 192, vocab: 128 },
    ...{ trainBatch: 32, trainLength: 64 },
  },
  micro: {
    ...sampling,
    ...{ hidden: 128, layers: 4, heads: 4, kvHeads: 2, headDim: 32, intermediate: 384, vocab: 512 },
    ...{ trainBatch: 16, trainLength: 128 },
  },
  mini: {
    ...sampling,
    ...{
      hidden: 256,
      layers: 6,
      heads: 8,
      kvHeads: 4,
      headDim: 64,
      intermediate: 1280,
      vocab: 4096,
    },
    ...{ trainBatch: 8, trainLength: 256 },
  },
  small: {
    ...sampling,
    ...{
      hidden: 512,
      layers: 8,
      heads: 8,
      kvHeads: 4,
      headDim: 64,
      intermediate: 2048,
      vocab: 32000,
    },
    ...{ trainBatch: 2, trainLength: 256, sampleBatch: 1 },
  },
  smollm2: {
    ...sampling,
    ...{
      hidden: 576,
      layers: 30,
      heads: 9,
      kvHeads: 3,
      headDim: 64,
      intermediate: 1536,
      vocab: 49152,
    },
    ...{ trainBatch: 4, trainLength: 256, loraRank: 16 },
  },
  q06b: {
    ...sampling,
    ...{
      hidden: 1024,
      layers: 28,
      heads: 16,
      kvHeads: 8,
      headDim: 128,
      intermediate: 3072,
      vocab: 151936,
    },
    ...{ trainBatch: 1, trainLength: 128, sampleBatch: 1, newTokens: 16, loraRank: 16 },
  },
};

/** The shape of a program's argument. @throws {Error} naming the program and what it can take. */
export function shapeNamed(program: string, name: string): Shape {
  const shape = shapes[name as ShapeName]; // undefined for other names
  if (shape !== undefined) return shape;
  throw new Error(`${program}: no shape '${name}'. There are ${Object.keys(shapes).join(', ')}.`);
}
