import { mixSeeds, type Policy, type Segment } from '@molrl/ef-env';
import { httpRequest } from '../remote/httpRequest.ts';

export interface UrlPolicyOptions {
  /** Of the API, as in `https://host/v1`; `/chat/completions` is put behind it. */
  url: string;
  /** Name of the model there. */
  model: string;
  /** Sent as bearer, where the server wants one. */
  token?: string | undefined;
  /** Requests at once. Default 8. */
  concurrency?: number | undefined;
  /** As `httpRequest` has them. Default three: 1 s, 4 s, 16 s. */
  waits?: readonly number[] | undefined;
}

/** What a choice of an answer holds. */
interface Choice {
  message?: { content?: string | null; reasoning_content?: string | null };
}

/**
 * A model behind an OpenAI-compatible URL as a player of episodes. What it says carries no tokens: it can be taught from,
 * not be trained by GRPO.
 *
 * @throws {Error} From `generate`: one line with address, status and what the server said, without the token.
 */
export function urlPolicy(options: UrlPolicyOptions): Policy {
  const { concurrency = 8 } = options;
  return {
    async generate(prompts, { numGenerations = 1, maxTokens, temperature, seed, stop, signal }) {
      const answers: Segment[] = [];
      const failed = new AbortController();
      const both = AbortSignal.any([failed.signal, ...(signal ? [signal] : [])]);
      let next = 0;
      const work = async (): Promise<void> => {
        const total = prompts.length * numGenerations;
        for (let i = next++; i < total && !both.aborted; i = next++) {
          const segments = prompts[Math.floor(i / numGenerations)]!; // inside by the bound
          const body = {
            ...{ model: options.model, messages: segments.map(messageOf) },
            ...{ max_tokens: maxTokens, temperature, stop },
            seed: mixSeeds(seed, 'url', i) % 2 ** 31,
          };
          answers[i] = {
            ...{ speaker: 'assistant', kind: 'policy' },
            turn: segments.filter(({ kind }) => kind === 'policy').length,
            text: await ask(options, body, both),
          };
        }
      };
      await Promise.all(Array.from({ length: concurrency }, work)).catch((error: unknown) => {
        failed.abort(); // what nobody reads is not paid for
        throw error;
      });
      signal?.throwIfAborted();
      return answers;
    },
  };
}

const messageOf = ({ speaker, text }: Segment): { role: string; content: string } => ({
  role: speaker,
  content: text,
});

async function ask(
  { url, token, waits = [1000, 4000, 16_000] }: UrlPolicyOptions,
  body: object,
  signal: AbortSignal | undefined,
): Promise<string> {
  const names = { setting: 'collect.url', tokenSetting: 'collect.token-variable' };
  const path = '/chat/completions';
  const answer = await httpRequest({ url, token, waits, ...names }, path, { body, signal });
  return textOf(answer, `${url.replace(/\/+$/, '')}${path}`);
}

function textOf(answer: unknown, address: string): string {
  const { choices } = Object(answer) as { choices?: Choice[] };
  const message = choices?.[0]?.message;
  if (typeof message?.content !== 'string') {
    throw new Error(`collect.url: ${address} answered without choices[0].message.content.`);
  }
  const { reasoning_content: thought, content } = message;
  return thought ? `<think>\n${thought}\n</think>\n\n${content}` : content;
}
