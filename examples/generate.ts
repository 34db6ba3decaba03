// A Qwen3 model from a Hugging Face folder answers questions, with the log-prob of every token.
import { fileURLToPath } from 'node:url';
import { generate, loadModel, loadTokenizer, renderSegments } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';

const device = await openCpu();
const folder = fileURLToPath(new URL('mol-rl/base', import.meta.url));
const model = await loadModel(folder);
const tokenizer = await loadTokenizer(folder);

const questions = [
  '3142 rev left inc',
  'Here bov inc, mol right. 8725 bov mol',
  'max 1906',
  '4876 rav bot',
];
const prompts = questions.map((text) => {
  const segments = [{ speaker: 'user', kind: 'prompt', turn: 0, text } as const];
  return renderSegments(segments, tokenizer, { format: 'recipe', addGenerationPrompt: true }).ids;
});
const completions = await generate(model, prompts, {
  maxTokens: 56,
  temperature: 0,
});
for (const [i, { ids, logprobs }] of completions.entries()) {
  const sum = logprobs.reduce((total, logprob) => total + logprob, 0);
  const text = tokenizer.decode(ids, { skipSpecial: false }).replaceAll('\n', ' ');
  process.stdout.write(
    `${questions[i]}\n  ${text}\n  ${ids.length} tokens, log-prob ${sum.toFixed(3)}\n`,
  );
}
// The last question uses words whose meaning the base cannot know: see mol-rl for how it learns them.

model.dispose();
device.dispose();
