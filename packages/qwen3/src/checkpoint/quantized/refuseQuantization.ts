import { Qwen3Error } from '../../base/errors.ts';

/** What `what` says is no layout that this version knows. @throws {Qwen3Error} `unsupported`, with the way out. */
export function refuseQuantization(source: string, what: string): never {
  throw new Qwen3Error(
    'unsupported',
    `loadModel: ${source} has weights quantised with ${what}, which is not read. Read are bitsandbytes (8 bits; nf4, fp4), compressed-tensors (int-, float- and naive-quantized of 8 bits; pack-quantized of 4 and 8) and fp8 with scales of blocks. Save the model dequantised (in transformers: model.dequantize(), then save_pretrained), or convert it to GGUF.`,
  );
}
