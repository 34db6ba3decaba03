import { z } from 'zod';

/** Sampling fields that both endpoints share; the last three are vLLM's. */
const sampling = {
  model: z.string(),
  n: z.int().min(1).max(128).nullish(),
  seed: z.int().min(0).nullish(),
  stop: z.union([z.string().min(1), z.array(z.string().min(1)).max(16)]).nullish(),
  stream: z.boolean().nullish(),
  stream_options: z.looseObject({ include_usage: z.boolean().nullish() }).nullish(),
  temperature: z.number().min(0).max(10).nullish(),
  top_p: z.number().gt(0).max(1).nullish(),
  presence_penalty: z.number().min(-2).max(2).nullish(),
  frequency_penalty: z.number().min(-2).max(2).nullish(),
  logit_bias: z.record(z.string().regex(/^\d+$/), z.number().min(-100).max(100)).nullish(),
  top_k: z.int().min(-1).nullish(),
  min_p: z.number().min(0).max(1).nullish(),
  repetition_penalty: z.number().gt(0).nullish(),
};
/** What would change the answer if it were left out in silence. */
const refused = (what: string) => z.null(`${what} is not supported by this server`).optional();

const text = z.union([
  z.string(),
  z.array(z.looseObject({ type: z.literal('text'), text: z.string() })),
]);
const message = z.looseObject({
  role: z.enum(['system', 'developer', 'user', 'assistant', 'tool']),
  content: text.nullish(),
  tool_calls: z
    .array(z.looseObject({ function: z.looseObject({ name: z.string(), arguments: z.string() }) }))
    .nullish(),
});

/** Body of `POST /v1/chat/completions`. */
export const chatRequest = z.looseObject({
  ...sampling,
  messages: z.array(message).min(1),
  max_tokens: z.int().min(1).nullish(),
  max_completion_tokens: z.int().min(1).nullish(),
  logprobs: z.boolean().nullish(),
  top_logprobs: z.int().min(0).max(20).nullish(),
  tools: z.array(z.looseObject({ type: z.literal('function') })).nullish(),
  tool_choice: z.enum(['auto', 'none'], 'tool_choice must be auto or none').nullish(),
  response_format: z.looseObject({ type: z.literal('text', 'only text is supported') }).nullish(),
  chat_template_kwargs: z.looseObject({ enable_thinking: z.boolean().nullish() }).nullish(),
  audio: refused('audio'),
});

/** Body of `POST /v1/completions`. */
export const completionRequest = z
  .looseObject({
    ...sampling,
    prompt: z.union([
      z.string(),
      z.array(z.string()).min(1),
      z.array(z.int().min(0)).min(1),
      z.array(z.array(z.int().min(0)).min(1)).min(1),
    ]),
    max_tokens: z.int().min(0).nullish(),
    logprobs: z.int().min(0).max(20).nullish(),
    echo: z.boolean().nullish(),
    best_of: z.literal(1, 'best_of is not supported by this server').nullish(),
    suffix: refused('suffix'),
  })
  .refine(({ max_tokens: most, echo }) => most !== 0 || echo === true, {
    path: ['max_tokens'],
    error: 'max_tokens must be at least 1 unless echo is true',
  });

export type ChatRequest = z.infer<typeof chatRequest>;
export type CompletionRequest = z.infer<typeof completionRequest>;
export type SamplingRequest = Pick<ChatRequest, keyof typeof sampling>;
