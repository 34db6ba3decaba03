import { spawn } from 'node:child_process';
import { repositoryRoot } from './repositoryRoot.ts';
import { otherVulkan, softwareVulkan } from './softwareVulkan.ts';

const FROM_SOURCE = ['node', '--conditions=@molrl/source', '--import', 'tsx'];
/** What is checked on WebGPU, where no program is named: in Node (Dawn), then in a headless Chromium. */
const CHECKS = [
  ['npx', 'vitest', 'run', '--config', 'vitest.webgpu.config.ts'],
  [...FROM_SOURCE, 'conformance/run.ts', '--family', 'qwen3', '--device', 'webgpu'],
  [...FROM_SOURCE, 'conformance/browser/gpu.ts'],
];
/** What is checked once more on a driver that has other extensions and another compiler. */
const AGAIN = [...CHECKS[0]!, 'packages/tensor-gpu/src/backend/webgpu'];
/** What takes minutes on SwiftShader, and less on the other driver. */
const LONG = [...FROM_SOURCE, 'scripts/mainJobOnGpu.ts'];

/** `pnpm webgpu [program ...]`: the checks of the GPU engine, or a program of yours, on SwiftShader; the ops, where there is llvmpipe, on that too. */
async function main(): Promise<void> {
  const env = { ...process.env, ...(await softwareVulkan()) };
  const other = await otherVulkan();
  const [first, ...rest] = process.argv.slice(2);
  const given = first === undefined || first === '--' ? rest : [first, ...rest]; // pnpm hands a literal -- on
  const totals = { passed: 0, failed: 0 };
  const onUsual = (given.length > 0 ? [given] : CHECKS).map((command) => ({ command, env }));
  const onOther = [...(other === undefined ? [] : [AGAIN]), LONG].map((command) => ({
    command,
    env: { ...process.env, ...(other ?? env) },
  }));
  if (given.length === 0 && other === undefined) console.log('llvmpipe (Mesa 25 or later): absent');
  for (const { command, env: at } of given.length > 0 ? onUsual : [...onUsual, ...onOther]) {
    const [name = '', ...args] = command;
    const { code, output } = await run(name, args, at);
    const passed = lastCount(output, 'passed');
    const failed = lastCount(output, 'failed');
    totals.passed += passed;
    totals.failed += code !== 0 && failed === 0 ? 1 : failed;
  }
  if (given.length === 0) console.log(`${totals.passed} passed, ${totals.failed} failed`);
  process.exitCode = totals.failed > 0 ? 1 : 0;
}

/** Runs a program whose output is shown as it comes. */
function run(
  command: string,
  args: readonly string[],
  env: NodeJS.ProcessEnv,
): Promise<{ code: number | null; output: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...{ cwd: repositoryRoot, env, stdio: ['inherit', 'pipe', 'inherit'] },
    });
    let output = '';
    child.stdout?.on('data', (text: Buffer) => {
      output += text;
      process.stdout.write(text);
    });
    child.on('error', reject);
    child.on('close', (code) => resolve({ code, output }));
  });
}

/** The number before the word, as vitest and our own scripts end with it. */
function lastCount(output: string, word: string): number {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: vitest colours its words
  const plain = output.replace(/\u001b\[[0-9;]*m/g, '');
  const lines = plain.split('\n').filter((line) => /^\s*Tests\s|passed, \d+ failed/.test(line));
  return Number(new RegExp(`(\\d+) ${word}`).exec(lines.at(-1) ?? '')?.[1] ?? 0);
}

await main();
