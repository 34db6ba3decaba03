// A Tinker-compatible server for a model folder: LoRA adapters trained and sampled from over HTTP. The official `tinker`
// SDK talks to it: `tinker.ServiceClient(base_url='http://127.0.0.1:9000', api_key='tml-local')`.
//
//     node --conditions=@molrl/source --import tsx examples/tinkerServer.ts DIR [--port 9000] [--host 127.0.0.1] [--token TEXT]
import { basename, resolve } from 'node:path';
import { loadModel, loadTokenizer } from '@molrl/qwen3';
import { openCpu } from '@molrl/tensor-gpu';
import { Command, Option } from 'commander';
import type { Reduction } from './tinker/server/reduction.ts';
import { tinkerService } from './tinker/server/service.ts';
import { tinkerHttp } from './tinker/server/tinkerHttp.ts';

const LOOPBACK = ['127.0.0.1', '::1', 'localhost'];

const command = new Command()
  .argument('<folder>', 'a Hugging Face checkpoint, or a GGUF file')
  .option('--name <name>', 'what clients call the model; default: the name of the folder')
  .option('--checkpoints <folder>', 'where checkpoints are kept', 'tinker-checkpoints')
  .addOption(
    new Option('--reduction <how>', 'what a loss is divided by')
      .choices(['sum', 'sequence-mean'])
      .default('sum'),
  )
  .option('--host <host>', 'where to listen', LOOPBACK[0])
  .option('--port <port>', 'where to listen', '9000')
  .option('--token <token>', 'asked of every request; also from MOLRL_SERVER_TOKEN')
  .parse();
const [folder = '.'] = command.args;
const options = command.opts<{
  name?: string;
  checkpoints: string;
  reduction: Reduction;
  host: string;
  port: string;
  token?: string;
}>();
const { host, port, token = process.env.MOLRL_SERVER_TOKEN } = options;
if (!LOOPBACK.includes(host) && !token) {
  command.error(
    `--host ${host} is reached from other machines: give --token or MOLRL_SERVER_TOKEN.`,
  );
}

await openCpu();
const model = await loadModel(folder, { frozen: true });
const service = tinkerService({
  model,
  name: options.name ?? basename(resolve(folder)),
  tokenizer: await loadTokenizer(folder).catch(() => undefined), // for stop strings only
  folder: resolve(options.checkpoints),
  reduction: options.reduction,
});
tinkerHttp(service, { token }).listen(Number(port), host, () => {
  process.stdout.write(`${service.name}: http://${host}:${port}\n`);
});
