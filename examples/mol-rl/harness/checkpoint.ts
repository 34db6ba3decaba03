import { createHash } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { exists } from '../../trainer/harness/exists.ts';
import { replaceFile } from '../../trainer/harness/replaceFile.ts';
import type { StageState } from '../../trainer/method/stage.ts';
import type { Weights } from '../../trainer/method/weights.ts';
import type { Evaluation } from '../domain/evaluate.ts';
import type { Settings } from './options.ts';

/** The position of a whole run. */
export interface Checkpoint {
  settings: Settings;
  /** Finished arms by `seed/arm`. */
  evaluations: Record<string, Evaluation>;
  /** Time spent by `seed/stage`, seconds. */
  seconds: Record<string, number>;
  /** Largest difference between the sampler's and the trainer's log-probs so far. */
  mismatch: number;
  /** Weights after stage 1 by `seed/method`, while other arms still start from them. */
  taught: Record<string, Weights>;
  /** The stage that was running, or the last one that ended. */
  stage?: { name: string; state: StageState } | undefined;
  /** Length of metrics.jsonl: lines after it belong to updates that will be repeated. */
  metricsBytes: number;
}

const MAGIC = 'MOLRL001';
const DIGEST_BYTES = 32;

export const checkpointFile = (out: string): string => join(out, 'checkpoint.bin');
const previousFile = (out: string): string => join(out, 'checkpoint.previous.bin');

/** True if a run left a checkpoint in this folder. */
export async function hasCheckpoint(out: string): Promise<boolean> {
  return (await exists(checkpointFile(out))) || exists(previousFile(out));
}

/**
 * Writes a checkpoint: a temporary file, flushed to disk, then renamed. The one before is kept as
 * `checkpoint.previous.bin`. A crash or a full disk at any moment leaves a whole checkpoint behind.
 *
 *     file = magic, header length (u32), header (JSON), tensors (f32), SHA-256 of all before
 */
export async function writeCheckpoint(out: string, checkpoint: Checkpoint): Promise<void> {
  const tensors: { key: string; length: number }[] = [];
  const parts: Buffer[] = [];
  const put = (prefix: string, weights: Weights): void => {
    for (const [name, values] of Object.entries(weights)) {
      tensors.push({ key: `${prefix}|${name}`, length: values.length });
      parts.push(Buffer.from(values.buffer, values.byteOffset, values.byteLength));
    }
  };
  const { taught, stage, ...rest } = checkpoint;
  for (const [name, weights] of Object.entries(taught)) put(`taught|${name}`, weights);
  if (stage) {
    put('stage|weights', stage.state.weights);
    put('stage|moments', stage.state.moments);
  }
  const position = stage && {
    name: stage.name,
    step: stage.state.step,
    optimizerStep: stage.state.optimizerStep,
    random: stage.state.random,
  };
  const header = Buffer.from(JSON.stringify({ ...rest, stage: position, tensors }));
  const length = Buffer.alloc(4);
  length.writeUInt32LE(header.length);
  const body = [Buffer.from(MAGIC), length, header, ...parts];
  const hash = createHash('sha256');
  for (const part of body) hash.update(part);
  const content = Buffer.concat([...body, hash.digest()]);
  await replaceFile(checkpointFile(out), content, previousFile(out));
}

/**
 * Reads the newest whole checkpoint of a run.
 *
 * @throws {Error} One line: there is none, or it is damaged and which file still is not.
 */
export async function readCheckpoint(out: string): Promise<Checkpoint> {
  // Between its two renames a run that was killed has only the previous one.
  const file = (await exists(checkpointFile(out))) ? checkpointFile(out) : previousFile(out);
  if (!(await exists(file))) {
    throw new Error(
      `--resume: ${checkpointFile(out)} does not exist. Give the --out folder of an interrupted run, or leave --resume out to start one.`,
    );
  }
  const content = await readFile(file);
  const end = content.length - DIGEST_BYTES;
  const digest = createHash('sha256')
    .update(content.subarray(0, Math.max(0, end)))
    .digest();
  if (
    end < 12 ||
    content.toString('latin1', 0, 8) !== MAGIC ||
    !digest.equals(content.subarray(end))
  ) {
    const previous = previousFile(out);
    const advice =
      file !== previous && (await exists(previous))
        ? `The one before is kept: mv '${previous}' '${file}' and --resume again.`
        : 'There is none before it: start anew with another --out.';
    throw new Error(
      `--resume: ${file} is corrupt (its checksum does not match its content). ${advice}`,
    );
  }
  return decode(content.subarray(0, end));
}

type Header = Omit<Checkpoint, 'taught' | 'stage'> & {
  stage?: Omit<StageState, 'weights' | 'moments'> & { name: string };
  tensors: { key: string; length: number }[];
};

function decode(content: Buffer): Checkpoint {
  const headerEnd = 12 + content.readUInt32LE(8);
  const header = JSON.parse(content.toString('utf8', 12, headerEnd)) as Header; // the checksum vouches for it
  const groups = new Map<string, Weights>();
  let offset = headerEnd;
  for (const { key, length } of header.tensors) {
    const cut = key.lastIndexOf('|');
    const group = groups.get(key.slice(0, cut)) ?? {};
    const bytes = Uint8Array.from(content.subarray(offset, offset + 4 * length)); // aligned copy
    group[key.slice(cut + 1)] = new Float32Array(bytes.buffer);
    groups.set(key.slice(0, cut), group);
    offset += 4 * length;
  }
  const taught: Record<string, Weights> = {};
  for (const [name, weights] of groups) {
    if (name.startsWith('taught|')) taught[name.slice('taught|'.length)] = weights;
  }
  const { tensors: _, stage, ...rest } = header;
  return {
    ...rest,
    taught,
    stage: stage && {
      name: stage.name,
      state: {
        step: stage.step,
        optimizerStep: stage.optimizerStep,
        random: stage.random,
        weights: groups.get('stage|weights') ?? {},
        moments: groups.get('stage|moments') ?? {},
      },
    },
  };
}
