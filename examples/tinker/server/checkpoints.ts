import { mkdir, readdir, readFile, rename, rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import {
  type Qwen3,
  readSafetensors,
  saveAdapter,
  setAdapter,
  writeSafetensors,
} from '@molrl/qwen3';
import { RequestError } from '../../server/requestError.ts';
import { exists } from '../../trainer/base/exists.ts';
import { packFolder } from './packFolder.ts';
import type { OptimizerState, TrainedAdapter } from './trainedAdapter.ts';

/** What is known of a checkpoint without reading its tensors. */
export interface CheckpointInfo {
  base_model: string;
  is_lora: true;
  lora_rank: number;
  train_unembed: false;
  train_mlp: boolean;
  train_attn: boolean;
}

/** Where a `tinker://` path points. */
export interface CheckpointPath {
  modelId: string;
  kind: 'weights' | 'sampler_weights';
  name: string;
}

/** Checkpoints by `tinker://` path; each is a folder that is there whole or not at all. */
export interface Checkpoints {
  /** The folder of a checkpoint, a PEFT adapter. @throws {RequestError} 404 if there is none. */
  folderOf(uri: string): Promise<string>;
  /** @throws {RequestError} 409 if there is one of that name, unless it may be replaced. */
  save(
    model: Qwen3,
    trained: TrainedAdapter,
    where: CheckpointPath & { info: CheckpointInfo; overwrite?: boolean | undefined },
  ): Promise<string>;
  info(uri: string): Promise<CheckpointInfo>;
  load(
    uri: string,
  ): Promise<{ weights: Record<string, Float32Array>; state: OptimizerState | undefined }>;
  /** Names of a kind. */
  list(modelId: string, kind: CheckpointPath['kind']): Promise<string[]>;
  remove(uri: string): Promise<void>;
  /** The adapter's files, packed. */
  archive(uri: string): Promise<Uint8Array>;
}

const NAME = /^[A-Za-z0-9][\w.-]{0,199}$/;
const ADAPTER = ['adapter_config.json', 'adapter_model.safetensors'];
const [OPTIMIZER, INFO, PEFT] = ['optimizer.safetensors', 'checkpoint.json', 'base_model.model.'];

export const uriOf = ({ modelId, kind, name }: CheckpointPath): string =>
  `tinker://${modelId}/${kind}/${name}`;

/** Also SkyRL's form of a sampler's, without its kind. @throws {RequestError} 400 for another text. */
export function pathOf(uri: string): CheckpointPath {
  const [, modelId, kind = 'sampler_weights', name] =
    /^tinker:\/\/([^/]+)\/(?:(weights|sampler_weights)\/)?([^/]+)$/.exec(uri) ?? [];
  if (modelId && name && NAME.test(name) && NAME.test(modelId.replaceAll(':', '-')))
    return { modelId, kind: kind as CheckpointPath['kind'], name }; // one of the two by the pattern
  throw new RequestError(400, `'${uri}' is no path such as tinker://MODEL/weights/NAME.`);
}

export function checkpointsIn(root: string): Checkpoints {
  const folder = ({ modelId, kind, name }: CheckpointPath): string =>
    join(root, modelId.replaceAll(':', '-'), kind, name);
  const folderOf = async (uri: string): Promise<string> => {
    const found = folder(pathOf(uri));
    if (await exists(join(found, INFO))) return found;
    throw new RequestError(404, `There is no checkpoint ${uri}.`);
  };
  return {
    folderOf,
    async save(model, trained, { info, overwrite = false, ...path }) {
      if (!NAME.test(path.name))
        throw new RequestError(
          400,
          `A checkpoint cannot be called '${path.name}': letters, digits, . _ -`,
        );
      const target = folder(path);
      const isThere = await exists(target);
      if (isThere && !overwrite) {
        const said = `Checkpoint '${path.name}' already exists for model '${path.modelId}'`;
        throw new RequestError(409, said);
      }
      const aside = `${target}.part`;
      await rm(aside, { recursive: true, force: true });
      await mkdir(aside, { recursive: true });
      setAdapter(model, trained.adapter.name);
      await saveAdapter(model, aside);
      const state = path.kind === 'weights' ? trained.optimizerState() : undefined;
      if (state) await writeState(join(aside, OPTIMIZER), state);
      await writeFile(join(aside, INFO), JSON.stringify({ ...info, step: state?.step }));
      if (isThere) await rename(target, `${target}.old`);
      await rename(aside, target);
      await rm(`${target}.old`, { recursive: true, force: true });
      return uriOf(path);
    },
    info: async (uri) => JSON.parse(await readFile(join(await folderOf(uri), INFO), 'utf8')),
    async load(uri) {
      const found = await folderOf(uri);
      const stored = await readSafetensors(join(found, 'adapter_model.safetensors'));
      const weights = Object.fromEntries(
        Object.entries(stored).map(([name, { data }]) => [
          name.startsWith(PEFT) ? name.slice(PEFT.length) : name,
          Float32Array.from(data),
        ]),
      );
      const { step } = JSON.parse(await readFile(join(found, INFO), 'utf8')) as { step?: number };
      const state = step === undefined ? undefined : await readState(join(found, OPTIMIZER), step);
      return { weights, state };
    },
    async list(modelId, kind) {
      const found = folder({ modelId, kind, name: '' });
      const names = await readdir(found).catch(() => []);
      return names.filter((name) => !/\.(part|old)$/.test(name));
    },
    remove: async (uri) => rm(await folderOf(uri), { recursive: true }),
    archive: async (uri) => packFolder(await folderOf(uri), ADAPTER),
  };
}

const writeState = (file: string, { tensors }: OptimizerState): Promise<void> =>
  writeSafetensors(
    file,
    Object.fromEntries(
      Object.entries(tensors).map(([name, data]) => [
        name,
        { shape: [data.length], data: Float32Array.from(data) },
      ]),
    ),
  );

async function readState(file: string, step: number): Promise<OptimizerState> {
  const stored = await readSafetensors(file);
  const tensors = Object.entries(stored).map(([name, { data }]) => [name, Float32Array.from(data)]);
  return { step, tensors: Object.fromEntries(tensors) };
}
