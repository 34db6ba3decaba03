import type { Segment } from '@molrl/ef-env';
import type { Role } from '@molrl/mol-loss';
import {
  addLora,
  type ChatFormat,
  type LanguageModel,
  loadModel,
  loadTokenizer,
  type Qwen3,
  type Qwen3Policy,
  qwen3Policy,
  type RenderedSegments,
  renderSegments,
  type Sampler,
  type Tokenizer,
  type TrainingSequence,
} from '@molrl/qwen3';
import { type CheckpointFormat, formatOfCheckpoint } from '../model/chatFormat.ts';
import type { Elsewhere } from './elsewhere.ts';
import { type Draw, type EpisodeSource, localEpisodes } from './episodeSource.ts';
import { tokensPerPass } from './microBatches.ts';

/** Tokens with the loss each one is the target of. */
export type Sequence = TrainingSequence<Role>;

/** The model that learns, as all that a stage asks of it. */
export interface Learner {
  /** What is trained. Each arm starts it from its own weights. */
  model: Qwen3;
  /** The frozen base: with LoRA the model itself, whose adapter is off for it. */
  ref: LanguageModel;
  tokenizer: Tokenizer;
  /** Layers are computed again in the backward pass. */
  gradientCheckpointing: boolean;
  /** The model as a player of episodes. */
  policy: Qwen3Policy;
  /** Who plays its episodes. */
  episodes: EpisodeSource;
  /** An episode as tokens, in the chat format that the policy samples in. */
  render(segments: readonly Segment[]): RenderedSegments;
  /** How its conversations are written down. */
  chat: CheckpointFormat;
  /** Folder or GGUF file it was loaded from. */
  source: string;
  /** Who holds the weights and computes with them; undefined: this process, `model`. */
  elsewhere?: Elsewhere | undefined;
  /** Most tokens of a forward and backward pass, that it fits into memory. */
  tokensPerPass: number;
  dispose(): void;
}

export interface OpenLearnerOptions {
  /** Folder of the base model as Hugging Face publishes it, or a GGUF file. */
  source: string;
  /** `'auto'`: what the checkpoint's chat template writes. */
  format: ChatFormat | 'auto';
  /** A LoRA adapter, `alpha` by default twice its rank; absent = full fine-tuning. */
  lora?: { r: number; alpha?: number | undefined } | undefined;
  /** Default false. */
  gradientCheckpointing?: boolean | undefined;
  /** What samples for the policy. Default: this process. */
  sampler?: Sampler | undefined;
  /** Who holds the weights: the model here then is the frozen base, without an adapter. Default: this process. */
  elsewhere?: Elsewhere | undefined;
}

/** What was kept is asked for, so what is learned from is what was drawn from: no warning is due. */
export const KEPT = { returnSamplingMask: true, onWarning: null } as const;

/**
 * Loads the tokenizer, and the model twice: what learns, and the base. With LoRA once, its matrices left as the file has
 * them where the kernels can read them so.
 */
export async function openLearner({
  source,
  format,
  lora,
  gradientCheckpointing = false,
  sampler,
  elsewhere,
}: OpenLearnerOptions): Promise<Learner> {
  const tokenizer = await loadTokenizer(source);
  const model = await loadModel(source, { frozen: lora !== undefined });
  const base = lora === undefined ? await loadModel(source) : model;
  if (lora !== undefined && !elsewhere)
    addLora(model, { r: lora.r, alpha: lora.alpha ?? 2 * lora.r });
  const { modelType = 'qwen3' } = model.config;
  const chat: CheckpointFormat =
    format === 'auto' ? await formatOfCheckpoint({ source, tokenizer, modelType }) : { format };
  const writing = { format: chat.format, system: chat.system };
  const policy = qwen3Policy(model, tokenizer, { ...writing, sampler });
  const filtered = new Map<string, Qwen3Policy>(); // each keeps a cache
  const policyOf = (draw?: Draw): Qwen3Policy => {
    if (draw === undefined) return policy;
    const key = JSON.stringify(draw);
    const own =
      filtered.get(key) ?? qwen3Policy(model, tokenizer, { ...writing, sampler, ...KEPT, ...draw });
    filtered.set(key, own);
    return own;
  };
  return {
    ...{ model, ref: base, tokenizer, chat, source, gradientCheckpointing },
    ...{ elsewhere, tokensPerPass: tokensPerPass(model.config, lora?.r ?? 0) },
    ...{ policy, episodes: localEpisodes(policyOf) },
    render: (segments) => renderSegments(segments, tokenizer, writing),
    dispose: () => {
      model.dispose();
      if (base !== model) base.dispose();
    },
  };
}
