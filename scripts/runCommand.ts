import { spawn } from 'node:child_process';

/**
 * Runs a command without blocking the event loop (a server of this process goes on answering).
 *
 * @returns What it wrote to stdout.
 * @throws {Error} with all that it wrote, when it fails.
 */
export function runCommand(
  command: string,
  args: readonly string[],
  { cwd, env }: { cwd: string; env: NodeJS.ProcessEnv },
): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      ...{ cwd, env, stdio: ['ignore', 'pipe', 'pipe'] },
      shell: process.platform === 'win32', // npm is a .cmd file there
    });
    let [stdout, stderr] = ['', ''];
    child.stdout?.on('data', (text) => {
      stdout += text;
    });
    child.stderr?.on('data', (text) => {
      stderr += text;
    });
    child.on('error', reject);
    child.on('close', (code) => {
      if (code === 0) resolve(stdout);
      else
        reject(
          new Error(`${command} ${args.join(' ')}: exit code ${code}\n${stdout}${stderr}`.trim()),
        );
    });
  });
}
