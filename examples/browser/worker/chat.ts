import type { Segment } from '@molrl/ef-env';
import { type Qwen3, type Qwen3Policy, qwen3Policy } from '@molrl/qwen3';
import type { Learner } from '../../trainer/method/learner.ts';

const MAX_TOKENS = 96;

/** Greedy answers to one question: of the base, and of the model as it is now. */
export async function bothAnswers(
  learner: Learner,
  question: string,
): Promise<{ before: string; after: string }> {
  const { model, ref, tokenizer, chat, policy } = learner;
  const asked: Segment[] = [{ speaker: 'user', kind: 'prompt', turn: 0, text: question }];
  const answer = async (who: Qwen3Policy): Promise<string> => {
    const options = { maxTokens: MAX_TOKENS, temperature: 0, seed: 0 };
    const [said] = await who.generate([asked], options);
    return said?.text ?? '';
  };
  const after = await answer(policy);
  const { adapter } = model;
  if (!adapter) {
    const writing = { format: chat.format, system: chat.system };
    const base = qwen3Policy(ref as Qwen3, tokenizer, writing); // openLearner loads it a second time
    return { before: await answer(base), after };
  }
  adapter.enabled = false; // nobody else uses the model here: requests wait for each other
  try {
    return { before: await answer(policy), after };
  } finally {
    adapter.enabled = true;
  }
}
