// An OpenAI-compatible server for a model folder: chat and completions, streamed or not, with log-probs, seeds, stop
// strings and tools. Any client of that API talks to it: `new OpenAI({ baseURL: 'http://127.0.0.1:8000/v1' })`.
//
//     node --conditions=@molrl/source --import tsx examples/server/main.ts DIR [--adapter DIR] [--port 8000] [--host 127.0.0.1] [--token TEXT]
import { basename, resolve } from 'node:path';
import { loadAdapter, loadModel, loadTokenizer } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { Command } from 'commander';
import { answerOpening, chatEncoder } from './chatEncoder.ts';
import { chatServer } from './chatServer.ts';
import { serve } from './served.ts';

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

const command = new Command()
  .argument('<folder>', 'a Hugging Face checkpoint, or a GGUF file')
  .option('--adapter <folder>', 'a LoRA adapter on it')
  .option('--name <name>', 'what clients call the model; default: the name of the folder')
  .option('--host <host>', 'where to listen', LOOPBACK[0])
  .option('--port <port>', 'where to listen', '8000')
  .option('--token <token>', 'asked of every request; also from MOLRL_SERVER_TOKEN')
  .parse();
const [folder = '.'] = command.args;
const {
  adapter,
  name,
  host,
  port,
  token = process.env.MOLRL_SERVER_TOKEN,
} = command.opts<{
  adapter?: string;
  name?: string;
  host: string;
  port: string;
  token?: string;
}>();
if (!LOOPBACK.includes(host) && !token) {
  command.error(
    `--host ${host} is reached from other machines: give --token or MOLRL_SERVER_TOKEN.`,
  );
}

await openCpu();
const model = await loadModel(folder);
if (adapter !== undefined) await loadAdapter(model, adapter);
const tokenizer = await loadTokenizer(folder);
const served = serve({
  name: name ?? basename(resolve(folder)),
  model,
  tokenizer,
  encodeChat: await chatEncoder(folder, model, tokenizer),
  opening: await answerOpening(folder),
});
const server = chatServer(served, token);
server.listen(Number(port), host, () => {
  process.stdout.write(`${served.name}: http://${host}:${port}/v1\n`);
});
