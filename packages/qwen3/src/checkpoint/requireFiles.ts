import { access, join, readdir } from '#platform';
import { Qwen3Error, type Qwen3ErrorCode } from '../base/errors.ts';
import { fileError } from './fileError.ts';

interface Hint {
  /** What a name in the folder must look like for the hint to fit. */
  sign: RegExp;
  code: Qwen3ErrorCode;
  advice: (found: string) => string;
}

/** What people have instead of the expected files, and what to do then. The first that fits is given. */
const HINTS: Record<'model' | 'adapter' | 'tokenizer', readonly Hint[]> = {
  model: [
    {
      sign: /^adapter_(config\.json|model\.)/,
      code: 'option',
      advice: () =>
        'It is the folder of an adapter: load its base with loadModel, then call loadAdapter(model, folder).',
    },
    {
      sign: /^model-\d+-of-\d+\.safetensors$/,
      code: 'io',
      advice: (found) =>
        `It holds a part of a checkpoint (${found}) but not its model.safetensors.index.json: copy or download that, too.`,
    },
    {
      sign: /\.gguf$/,
      code: 'option',
      advice: (found) => `It holds ${found}, a file of llama.cpp: load it with loadGguf(file).`,
    },
    {
      sign: /\.(bin|pt|pth|h5|msgpack)$/,
      code: 'unsupported',
      advice: (found) =>
        `It holds ${found}, which is not safetensors. Load it in transformers and save it with save_pretrained.`,
    },
    {
      sign: /^(?!model\.safetensors$).*\.safetensors$/,
      code: 'io',
      advice: (found) =>
        `It holds ${found}: if these are the weights, rename it to model.safetensors.`,
    },
    {
      sign: /^(snapshots|checkpoint-\d+)$/,
      code: 'io',
      advice: (found) => `The model may lie in ${found}: give the folder that holds config.json.`,
    },
  ],
  adapter: [
    {
      sign: /^adapter_model\.bin$/,
      code: 'unsupported',
      advice: (found) =>
        `It holds ${found}, which is not safetensors. Load it in PEFT and save it with save_pretrained.`,
    },
    {
      sign: /^(config\.json|model\.safetensors)$/,
      code: 'option',
      advice: () => 'It is the folder of a model, not of an adapter: load it with loadModel.',
    },
    {
      sign: /^(default|checkpoint-\d+)$/,
      code: 'io',
      advice: (found) =>
        `The adapter may lie in ${found}: give the folder that holds adapter_config.json.`,
    },
  ],
  tokenizer: [
    {
      sign: /^(vocab\.json|merges\.txt|tokenizer\.model)$/,
      code: 'unsupported',
      advice: (found) =>
        `It holds ${found}, an older form of a tokenizer. Save it as tokenizer.json: AutoTokenizer.from_pretrained(folder).save_pretrained(folder).`,
    },
    {
      sign: /^(config\.json|adapter_config\.json|model.*\.safetensors)$/,
      code: 'io',
      advice: () =>
        'It is the folder of a model without its tokenizer: copy tokenizer.json and tokenizer_config.json there from the base model, or give its folder.',
    },
  ],
};

/**
 * Makes sure that a folder holds what is about to be read, and otherwise says what it holds instead.
 *
 * @throws {Qwen3Error} `io` if the folder or a file is missing, `option` for the wrong kind of folder, `unsupported`
 * for weights in another format.
 */
export async function requireFiles(
  functionName: string,
  folder: string,
  { kind, files }: { kind: keyof typeof HINTS; files: readonly string[] },
): Promise<void> {
  const names = await readdir(folder).catch((cause) => {
    throw missingFolder(functionName, folder, cause);
  });
  for (const file of files) {
    const isThere = await exists(join(folder, file));
    if (isThere) continue;
    for (const { sign, code, advice } of HINTS[kind]) {
      const found = names.find((name) => sign.test(name) && !files.includes(name));
      if (found === undefined) continue;
      throw new Qwen3Error(code, `${functionName}: ${folder} has no ${file}. ${advice(found)}`);
    }
    throw new Qwen3Error(
      'io',
      `${functionName}: cannot use ${join(folder, file)}. No such file or folder: check the path.`,
    );
  }
}

/** Is there such a file that can be read? */
export function exists(path: string): Promise<boolean> {
  return access(path).then(
    () => true,
    () => false,
  );
}

function missingFolder(functionName: string, folder: string, cause: unknown): Qwen3Error {
  const { code } = cause as NodeJS.ErrnoException;
  if (code === 'ENOTDIR') {
    return new Qwen3Error(
      'io',
      `${functionName}: ${folder} is a file. Give the folder it lies in.`,
      { cause },
    );
  }
  const error = fileError(functionName, folder, cause);
  if (code !== 'ENOENT' || !/^[\w.-]+\/[\w.-]+$/.test(folder)) return error;
  const name = folder.split('/').at(-1);
  return new Qwen3Error(
    'io',
    `${error.message} If it is a name on the Hugging Face hub, download it first: hf download ${folder} --local-dir ${name}`,
    { cause },
  );
}
