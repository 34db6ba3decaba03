// `npm run worker -- nats://127.0.0.1:4222`: plays and judges episodes for the runs that were started with `--workers` and this server.
import { Command } from 'commander';
import { numberOption } from '../../config/numberOption.ts';
import { endProcess } from '../../harness/endProcess.ts';
import { onStopSignals } from '../../harness/stopSignals.ts';

interface Options {
  slots: number;
  threads?: number;
  kernels: 'auto' | 'native' | 'wasm';
  tokenVariable: string;
}

const command = new Command('npm run worker --')
  .description('Plays and judges episodes for training runs elsewhere, until it is stopped.')
  .argument('<url>', 'the NATS server, as in nats://127.0.0.1:4222')
  .option('--slots <n>', 'jobs at once: more than 1 where environments take long', numberOption, 1)
  .option('--threads <n>', 'CPU threads (default: all; the result is the same)', numberOption)
  .option('--kernels <name>', 'auto, native or wasm', 'auto')
  .option('--token-variable <name>', 'environment variable with its token', 'NATS_TOKEN')
  .parse(process.argv.filter((argument, i) => i < 2 || argument !== '--'));

async function main(): Promise<void> {
  const { work } = await import('./work.ts'); // all that computes: seconds, which a wrong option need not wait for
  const stop = new AbortController();
  const say = (text: string): void => {
    process.stdout.write(`${text}\n`);
  };
  onStopSignals(stop, () => say('stopping: what is under way goes to another worker'));
  const { slots, threads, kernels, tokenVariable } = command.opts<Options>();
  const [url] = command.args as [string]; // required
  await work({ url, slots, threads, kernels, tokenVariable, say, signal: stop.signal });
}

endProcess(main());
