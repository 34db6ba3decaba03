// A chat with a model in the terminal (a folder, a GGUF file, or a run of the trainer): answers appear as they are drawn, earlier turns are not computed again.
//
//     node --conditions=@molrl/source --import tsx examples/chat.ts MODEL [--adapter DIR] [--no-thinking] [--system TEXT]
//
// In the chat: /new begins again, /think and /nothink switch thinking, /adapter switches the adapter, /quit ends.
import { createInterface } from 'node:readline/promises';
import { type ChatMessage, loadAdapter, loadModel, loadTokenizer, stream } from '@molrl/qwen3';
import { createKvCache, openCpu } from '@molrl/tensor-gpu';
import { Command } from 'commander';
import { answerOpening, chatEncoder } from './server/chatEncoder.ts';
import { findModel, SHIPPED_MODEL } from './trainer/model/findModel.ts';

const command = new Command('npm run chat --')
  .argument('[model]', 'a Hugging Face folder, a GGUF file or the folder of a run', SHIPPED_MODEL)
  .option('--adapter <folder>', 'a LoRA adapter on it')
  .option('--no-thinking', 'answers without a thought')
  .option('--system <text>', 'what the system says first')
  .option('--max-tokens <n>', 'longest answer', '1024')
  .option('--temperature <t>', '0 is greedy', '0.7')
  .option('--top-p <p>', 'smallest set of tokens that reaches it', '0.95')
  .option('--seed <n>', 'of the first answer; each later one has the next', '1')
  .parse();
const options = command.opts<
  Record<'adapter' | 'system' | 'maxTokens' | 'temperature' | 'topP' | 'seed', string> & {
    thinking: boolean;
  }
>();

const found = await findModel(command.processedArgs[0] as string).catch((error: Error) =>
  command.error(error.message),
);
const { adapter = found.adapter, system = found.system } = options;
const device = await openCpu();
const model = await loadModel(found.source, { frozen: true });
const tokenizer = await loadTokenizer(found.source);
if (adapter !== undefined) await loadAdapter(model, adapter);
const encode = await chatEncoder(found.source, model, tokenizer);
const thought = await answerOpening(found.source);
const cache = createKvCache(); // the next prompt begins as the last one: that much is there
const text = {
  decode: (ids: ArrayLike<number>) =>
    tokenizer.decode(ids, { skipSpecial: true, skipUnknown: true }),
  encode: (said: string) => tokenizer.encode(said),
};

const opening = (): ChatMessage[] =>
  system === undefined ? [] : [{ role: 'system', content: system }];
let messages = opening();
let enableThinking = options.thinking;
let seed = Number(options.seed);

/** What begins with a slash. @returns what to say, or undefined for /quit */
const COMMANDS: Record<string, () => string | undefined> = {
  '/new': () => {
    messages = opening();
    return 'A new chat.';
  },
  '/think': () => {
    enableThinking = true;
    return 'Thinking is on.';
  },
  '/nothink': () => {
    if (thought !== '') return 'This model always thinks.';
    enableThinking = false;
    return 'Thinking is off.';
  },
  '/adapter': () => {
    if (model.adapter === undefined) return 'There is no adapter: start with --adapter DIR.';
    model.adapter.enabled = !model.adapter.enabled; // nobody else uses the model here
    return `The adapter is ${model.adapter.enabled ? 'on' : 'off'}.`;
  },
  '/quit': () => undefined,
};

async function answer(question: string): Promise<void> {
  messages.push({ role: 'user', content: question });
  const prompt = encode({ messages, enableThinking });
  const room = model.config.maxPositionEmbeddings - prompt.length;
  if (room < 1) {
    process.stdout.write(
      'The chat has reached the end of what the model can read. /new begins again.\n',
    );
    messages.pop();
    return;
  }
  let said = thought;
  process.stdout.write(thought);
  const chunks = stream(model, [prompt], {
    maxTokens: Math.min(Number(options.maxTokens), room),
    temperature: Number(options.temperature),
    topP: Number(options.topP),
    seed: seed++,
    tokenizer: text,
    cache,
  });
  for await (const chunk of chunks) {
    said += chunk.text;
    process.stdout.write(chunk.text);
  }
  process.stdout.write('\n');
  messages.push({ role: 'assistant', content: said });
}

const lines = createInterface({ input: process.stdin, output: process.stdout, prompt: '> ' });
lines.prompt();
for await (const line of lines) {
  const question = line.trim();
  const run = COMMANDS[question];
  if (run !== undefined) {
    const reply = run();
    if (reply === undefined) break;
    process.stdout.write(`${reply}\n`);
  } else if (question.startsWith('/')) {
    process.stdout.write(`There is ${Object.keys(COMMANDS).join(', ')}.\n`);
  } else if (question !== '') await answer(question);
  lines.prompt();
}
lines.close();
cache.dispose();
model.dispose();
device.dispose();
