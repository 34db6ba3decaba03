import { basename, resolve } from '#platform';
import { Qwen3Error } from '../base/errors.ts';
import { checkChoice, checkOptionNames } from '../base/optionChecks.ts';
import { assertStorable } from '../checkpoint/assertStorable.ts';
import { chatTemplateText } from '../checkpoint/chatTemplateText.ts';
import { filePath } from '../checkpoint/filePath.ts';
import { inTurn } from '../checkpoint/inTurn.ts';
import { checkModel } from '../model/checkModel.ts';
import { valuesOf } from '../model/frozenWeight.ts';
import type { Qwen3 } from '../model/qwen3.ts';
import type { Qwen3Config } from '../model/qwen3Config.ts';
import { rotaryFrequencies } from '../model/ropeScaling.ts';
import { ggmlTypeOf, WRITTEN_TYPES, type WrittenType } from './ggmlTypes.ts';
import { ARCHITECTURES } from './ggufConfig.ts';
import { ggufName, ROPE_FACTORS } from './ggufNames.ts';
import { rotatedHeads } from './ggufWeights.ts';
import { modelMetadata } from './modelMetadata.ts';
import { toLlamaRows } from './rotaryRows.ts';
import { type FoundTokenizer, isGguf, tokenizerFiles } from './tokenizerFiles.ts';
import { tokenizerMetadata } from './tokenizerMetadata.ts';
import { type WrittenTensor, writeGguf } from './writeGguf.ts';

export interface SaveGgufOptions {
  /**
   * How matrices are stored: `'F16'` and `'BF16'` round to half the size, `'Q8_0'` to a quarter. Norms stay F32, and so do
   * matrices in Q8_0 whose rows are no multiple of 32. No default: rounding must be meant.
   */
  dtype: WrittenType;
  /** Folder or GGUF file whose tokenizer goes into the file. Default: where the model was loaded from. */
  tokenizer?: string | URL | undefined;
}

/**
 * Writes a model as a GGUF file, which llama.cpp and its relatives run: weights, sizes, tokenizer and chat template in
 * one file that appears whole or not at all. A LoRA adapter is not included: save what `mergeLora` returns.
 *
 * @param path - text or a `file:` URL.
 * @throws {Qwen3Error} `option` for an unknown option or dtype, without a tokenizer, and for weights that are not finite in the file: beyond 65,504 in F16;
 * `unsupported` for other families than qwen3, qwen2 and llama and a tokenizer that llama.cpp could not repeat; `io` if a file cannot be read or written.
 */
export async function saveGguf(
  model: Qwen3,
  path: string | URL,
  options: SaveGgufOptions,
): Promise<void> {
  checkModel('saveGguf', model);
  const target = filePath('saveGguf', path);
  checkOptionNames('saveGguf', options ?? {}, ['dtype', 'tokenizer']);
  const { dtype, tokenizer = model.folder } = { ...options };
  checkChoice('saveGguf: dtype', dtype, WRITTEN_TYPES);
  if (tokenizer === undefined) {
    throw new Qwen3Error(
      'option',
      'saveGguf: a model made in code has no tokenizer, which a GGUF file must hold. Give the folder of one: { tokenizer: folder }.',
    );
  }
  const files = await withChatTemplate(filePath('saveGguf', tokenizer));
  const architecture = architectureOf(model);
  const name = basename(model.folder ?? target).replace(/\.gguf$/i, '');
  const metadata = {
    ...tokenizerMetadata('saveGguf', files, model.config.vocabSize),
    ...modelMetadata(architecture, model.config, { name, dtype }),
  };
  const tensors = [...ropeTensor(model.config), ...writtenTensors(model, architecture, dtype)];
  await inTurn(resolve(target), () => writeGguf(target, metadata, tensors));
}

/** A tokenizer's files, its chat template among them wherever the folder has it. */
async function withChatTemplate(from: string): Promise<FoundTokenizer> {
  const found = await tokenizerFiles('saveGguf', from);
  if (isGguf(from)) return found; // it is in the metadata
  const { config } = found;
  const template = await chatTemplateText('saveGguf', { folder: from, config });
  return { ...found, config: { ...config, chat_template: template ?? null } };
}

function architectureOf({ config }: Qwen3): string {
  const { modelType = 'qwen3', slidingWindow } = config;
  if (slidingWindow !== undefined) {
    throw new Qwen3Error(
      'unsupported',
      `saveGguf: a model with a sliding window (${slidingWindow}) cannot be written: llama.cpp has none for this family and would compute another model. Save it with saveModel.`,
    );
  }
  const found = Object.entries(ARCHITECTURES).find(([, type]) => type === modelType)?.[0];
  if (found !== undefined) return found;
  throw new Qwen3Error(
    'unsupported',
    `saveGguf: ${modelType} cannot be written, ${Object.keys(ARCHITECTURES).join(', ')} can. Save it with saveModel and convert it with llama.cpp's convert_hf_to_gguf.py.`,
  );
}

/** Llama-3's scaling: by what each frequency is divided. */
function ropeTensor({ headDim, ropeTheta: theta, ropeScaling }: Qwen3Config): WrittenTensor[] {
  if (ropeScaling?.ropeType !== 'llama3') return [];
  const plain = rotaryFrequencies({ headDim, theta }).frequencies;
  const scaled = rotaryFrequencies({ headDim, theta }, ropeScaling).frequencies;
  const factors = plain.map((frequency, i) => frequency / scaled[i]!);
  return [
    {
      name: ROPE_FACTORS,
      shape: [factors.length],
      type: ggmlTypeOf('F32'),
      read: async () => factors,
    },
  ];
}

function writtenTensors(model: Qwen3, architecture: string, dtype: WrittenType): WrittenTensor[] {
  return Object.entries(model.weights()).map(([name, weight]): WrittenTensor => {
    const stored = ggufName(name);
    if (stored === undefined) {
      throw new Qwen3Error('unsupported', `saveGguf: llama.cpp has no tensor for ${name}.`);
    }
    const shape = [...weight.shape];
    const heads = architecture === 'llama' ? rotatedHeads(name, model.config) : undefined;
    const isRounded = shape.length > 1 && (dtype !== 'Q8_0' || shape.at(-1)! % 32 === 0);
    const type = isRounded ? dtype : 'F32';
    return {
      name: stored,
      shape,
      type: ggmlTypeOf(type),
      async read() {
        const values = await valuesOf(weight);
        assertStorable('saveGguf', { name, values }, type);
        return heads === undefined ? values : toLlamaRows({ values, heads }, shape[0]!);
      },
    };
  });
}
