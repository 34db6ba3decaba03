import type { Qwen3 } from '../model/qwen3.ts';

/**
 * What to say of an adapter that records another base than the model it is put on. Hub names and folders are compared by
 * their last part: the same model may lie anywhere. A model made in code, or from the web, has no name to compare.
 */
export function otherBase(
  model: Qwen3,
  adapter: { baseModel: string | null; folder: string },
): string | undefined {
  const { baseModel, folder } = adapter;
  if (baseModel === null || model.folder === undefined) return undefined;
  const [recorded, present] = [modelName(baseModel), modelName(model.folder)];
  if (recorded === '' || recorded === present) return undefined;
  return (
    `loadAdapter: the adapter in ${folder} was trained on '${baseModel}' (base_model_name_or_path), the model is of '${model.folder}'. ` +
    'On other weights of the same shapes an adapter acts at random. Load it on its base; if both are the same model, correct the name, or give onWarning: null.'
  );
}

/** `hub/Qwen3-0.6B`, `…/models--hub--Qwen3-0.6B/snapshots/1f2e` and `qwen3-0.6b-Q8_0.gguf` are one model. */
function modelName(path: string): string {
  const cached = /models--.+--([^/\\]+)[/\\]snapshots[/\\]/.exec(path)?.[1];
  const last = cached ?? path.split(/[/\\]/).findLast((part) => part !== '' && part !== '.') ?? '';
  return last
    .toLowerCase()
    .replace(/([-_.](i?q\d\w*|b?f16|f32))?\.gguf$/, '')
    .replace(/[^\p{L}\p{N}]/gu, '');
}
