import { z } from 'zod';
import { RequestError } from '../../server/requestError.ts';

// Fields that are not named here are passed over: SDKs add some with every version.

const seq = z.int().min(0).optional();
const chunk = z.object({
  type: z.literal('encoded_text').optional(),
  tokens: z.array(z.int().min(0)),
});
const modelInput = z.object({ chunks: z.array(chunk) });
const numbers = z.union([z.array(z.number()), z.object({ data: z.array(z.number()) })]);

export const createSession = z.object({ sdk_version: z.string().optional() });
export const bySession = z.object({ session_id: z.string() });
export const byModel = z.object({ model_id: z.string() });
export const byRequest = z.object({ request_id: z.string() });

const loraConfig = z.object({
  rank: z.int().min(1),
  seed: z.int().min(0).nullish(),
  train_mlp: z.boolean().default(true),
  train_attn: z.boolean().default(true),
});

export const createModel = z.object({
  session_id: z.string(),
  model_seq_id: seq,
  base_model: z.string(),
  lora_config: loraConfig,
  optimizer_config: z.object({ type: z.literal('adamw') }).optional(),
});

/** JSON for what else is a message: `loss_fn_inputs` are lists, or `{ data }`. */
export const forwardBackward = z.object({
  model_id: z.string(),
  seq_id: seq,
  forward_backward_input: z.object({
    data: z.array(
      z.object({ model_input: modelInput, loss_fn_inputs: z.record(z.string(), numbers) }),
    ),
    loss_fn: z.string(),
    loss_fn_config: z.record(z.string(), z.number()).nullish(),
  }),
});

export const optimStep = z.object({
  model_id: z.string(),
  seq_id: seq,
  adam_params: z.object({
    learning_rate: z.number().min(0).default(1e-4),
    beta1: z.number().min(0).lt(1).default(0.9),
    beta2: z.number().min(0).lt(1).default(0.95),
    eps: z.number().min(0).default(1e-12),
    weight_decay: z.number().min(0).default(0),
    grad_clip_norm: z.number().default(0),
  }),
});

export const saveWeights = z.object({
  model_id: z.string(),
  seq_id: seq,
  path: z.string(),
  overwrite: z.boolean().default(false),
});

export const saveForSampler = z.object({
  model_id: z.string(),
  seq_id: seq,
  path: z.string().nullish(),
  sampling_session_seq_id: seq,
});

const ofCheckpoint = z.object({ path: z.string(), optimizer: z.boolean() });
export const loadWeights = z.union([
  ofCheckpoint.extend({ model_id: z.string(), seq_id: seq }),
  ofCheckpoint.extend({ session_id: z.string(), model_seq_id: z.int().min(0) }),
]);

export const createSamplingSession = z.object({
  session_id: z.string(),
  sampling_session_seq_id: seq,
  model_path: z.string().nullish(),
  base_model: z.string().nullish(),
});

export const sample = z.object({
  num_samples: z.int().min(1).max(1024).default(1),
  prompt: modelInput,
  sampling_params: z.object({
    max_tokens: z.int().min(1).nullish(),
    seed: z.int().min(0).nullish(),
    temperature: z.number().min(0).default(1),
    top_k: z.int().min(-1).default(-1),
    top_p: z.number().gt(0).max(1).default(1),
    stop: z.union([z.string(), z.array(z.string()), z.array(z.int())]).nullish(),
  }),
  sampling_session_id: z.string().nullish(),
  seq_id: seq,
  model_path: z.string().nullish(),
  base_model: z.string().nullish(),
  prompt_logprobs: z.boolean().nullish(),
  topk_prompt_logprobs: z.int().max(0, 'cannot be computed here').nullish(),
  topk_sample_logprobs: z.int().max(0, 'cannot be computed here').nullish(),
  prompt_alt_tokens_k: z.int().max(0, 'cannot be computed here').nullish(),
  target_prompt_logprobs: z.null('cannot be computed here').optional(),
  record_stability_info: z.literal(false, 'cannot be recorded here').nullish(),
});
export type SampleRequest = z.infer<typeof sample>;

export const weightsInfo = z.object({ tinker_path: z.string() });

/** @throws {RequestError} 422 with the fields that are wrong. */
export function parse<Schema extends z.ZodType>(schema: Schema, body: unknown): z.infer<Schema> {
  const parsed = schema.safeParse(body);
  if (parsed.success) return parsed.data;
  throw new RequestError(422, z.prettifyError(parsed.error));
}
