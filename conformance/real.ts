import { existsSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { openCpu } from '@molrl/tensor-gpu';
import { askPython } from './real/askPython.ts';
import { llamaSuite } from './real/llamaCpp.ts';
import { firstTokenSuite, modelSuites } from './real/model.ts';
import { tokenizerSuites } from './real/tokenizers.ts';
import { absentSuite, type SuiteResult } from './suiteResult.ts';

const NEEDS_PYTHON = [
  'weights',
  'tokenizers',
  'chats',
  'logits',
  'greedy',
  'lora',
  'adapter out',
  'gguf out',
];

/**
 * A real model and real tokenizers, which lie in the folder and never in the repository: a GGUF file of
 * SmolLM2-135M-Instruct (or another model of its family), and folders with a `tokenizer.json`.
 *
 * What is compared with Python needs `MOLRL_PYTHON`, one that has torch, transformers, peft, gguf and tokenizers; what is
 * compared with llama.cpp needs `MOLRL_LLAMA`, a folder in which `npm install node-llama-cpp` was run.
 */
export async function runReal(fixturesDir: string): Promise<SuiteResult[]> {
  const gguf = find(fixturesDir, /\.gguf$/i)[0];
  if (gguf === undefined) return [absentSuite('(all: no .gguf file in the folder)')];
  const python = process.env.MOLRL_PYTHON;
  const device = await openCpu();
  const results = [await firstTokenSuite(gguf)];
  if (python) {
    const ask = (questions: object) => askPython(python, { gguf, ...questions });
    const files = find(fixturesDir, /^tokenizer\.json$/);
    results.push(...(await tokenizerSuites({ gguf, files, ask })));
    results.push(...(await modelSuites({ gguf, ask })));
  } else results.push(...NEEDS_PYTHON.map((suite) => absentSuite(`${suite} (MOLRL_PYTHON)`)));
  const llama = process.env.MOLRL_LLAMA;
  results.push(
    llama ? await llamaSuite({ gguf, llama }) : absentSuite('node-llama-cpp (MOLRL_LLAMA)'),
  );
  device.dispose();
  return results;
}

/** Paths of files with such a name, at most five folders deep, sorted. */
function find(folder: string, name: RegExp, depth = 0): string[] {
  if (depth > 5 || !existsSync(folder)) return [];
  const entries = readdirSync(folder, { withFileTypes: true }).sort((a, b) =>
    a.name < b.name ? -1 : 1,
  );
  return entries.flatMap((entry) => {
    const path = join(folder, entry.name);
    if (entry.isDirectory()) return find(path, name, depth + 1);
    return name.test(entry.name) ? [path] : [];
  });
}
