import JavascriptWorker from '@molrl/ef-env/javascriptWorker?worker';
import { getFiles } from '@molrl/qwen3';
import { sha256 } from '../../../trainer/base/sha256.ts';
import { openLearner } from '../../../trainer/method/learner.ts';
import { filesOfModel } from '../../../trainer/workers/runRecord.ts';
import type { WorkerFiles } from '../../../trainer/workers/worker/workerFiles.ts';
import { tabGame } from '../../run/tabGame.ts';
import { type FoundModel, findModel } from '../models.ts';

/** Games that need no files, and the model that was chosen on the page. */
export function tabFiles(chosen: readonly File[]): WorkerFiles {
  let found: Promise<FoundModel> | undefined;
  let hash: Promise<string> | undefined;
  const model = (): Promise<FoundModel> => {
    found ??= findModel(chosen);
    return found;
  };
  return {
    openGame: async (record) => tabGame(record, () => new JavascriptWorker()),
    modelHash: async () => {
      hash ??= model().then(hashOf);
      return hash;
    },
    openModel: async ({ format, lora }, sampler) =>
      openLearner({ source: (await model()).source, format, lora, sampler }),
    remedy:
      'Choose the files of the run’s model (config.json, tokenizer.json, *.safetensors, or its .gguf), and connect again.',
  };
}

/** As `hashOfModel` of the trainer. */
async function hashOf({ source, folder }: FoundModel): Promise<string> {
  const files = await getFiles(folder);
  const names =
    source === folder ? filesOfModel(Object.keys(files)) : [source.slice(folder.length + 1)];
  const parts = names.flatMap((name) => [name, files[name]!]); // of them
  return sha256(new Uint8Array(await new Blob(parts).arrayBuffer()));
}
