import { createDecoder, type Decoder, weightVersion } from '@molrl/tensor-gpu';
import type { Qwen3 } from '../model/qwen3.ts';
import { decoderOf } from './decoderOf.ts';

interface OpenDecoder {
  decoder: Decoder;
  version: string;
  /** Rows of its rotary tables. */
  positions: number;
  users: number;
  close(): void;
}

/** Decoders of running calls: calls of a model that overlap share one, as long as its weights stay as they are. */
const open = new WeakMap<Qwen3, OpenDecoder[]>();

/** Calls `use` with a decoder of the model's present weights, for sequences of up to `positions` tokens. */
export async function withDecoder<T>(
  model: Qwen3,
  positions: number,
  use: (decoder: Decoder) => Promise<T>,
): Promise<T> {
  const decoders = open.get(model) ?? [];
  open.set(model, decoders);
  const version = presentVersion(model);
  const isFit = (other: OpenDecoder) => other.version === version && other.positions >= positions;
  let found = decoders.find(isFit);
  if (found === undefined) {
    found = openDecoder(model, version, positions);
    decoders.push(found);
  }
  found.users++;
  try {
    return await use(found.decoder);
  } finally {
    if (--found.users === 0) {
      decoders.splice(decoders.indexOf(found), 1);
      found.close();
    }
  }
}

/** A name for the weights that the model computes with now. */
function presentVersion({ parameters, adapter }: Qwen3): string {
  const own = weightVersion(Object.values(parameters));
  if (!adapter?.enabled) return own;
  return `${own} + ${adapter.scaling} ${weightVersion(Object.values(adapter.parameters))}`;
}

function openDecoder(model: Qwen3, version: string, positions: number): OpenDecoder {
  const { spec, dispose } = decoderOf(model, positions);
  const decoder = createDecoder({ ...spec, version });
  const close = () => {
    decoder.dispose();
    dispose();
  };
  return { decoder, version, positions: spec.cos.shape[0]!, users: 0, close };
}
