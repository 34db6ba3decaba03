import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { freePort } from '../../../processes/freePort.ts';

/** A nats-server of a check's own, on a port and with a folder of its own. */
export interface NatsServer {
  url: string;
  /** Of its port for browsers. */
  webSocketUrl: string;
  /** SIGKILL, and up again with the same folder. @returns Seconds until it answered again. */
  restart(): Promise<number>;
  /** Neither answers nor hangs up for so long, milliseconds. */
  pause(milliseconds: number): Promise<void>;
  /** As after the loss of its disk. */
  restartEmpty(): Promise<void>;
  /** Memory of its process, as `ps` has it. */
  residentMiB(): number;
  close(): Promise<void>;
}

/** @throws {Error} if there is no nats-server to start. */
export async function natsServer({ token }: { token?: string } = {}): Promise<NatsServer> {
  const folder = await mkdtemp(join(tmpdir(), 'molrl-nats-'));
  const [port, webSocketPort] = [await freePort(), await freePort()];
  const config = `websocket { host: "127.0.0.1", port: ${webSocketPort}, no_tls: true }\n`;
  let server = await start();

  async function start(): Promise<ChildProcess> {
    const file = join(folder, 'nats.conf');
    await mkdir(folder, { recursive: true });
    await writeFile(file, config + (token ? `authorization { token: "${token}" }\n` : ''));
    const args = ['-c', file, '-a', '127.0.0.1', '-p', String(port), '-js', '-sd', folder];
    const child = spawn('nats-server', args, { stdio: 'ignore' });
    const failed = new Promise<never>((_, reject) => {
      const refuse = (why: unknown): void =>
        reject(
          new Error(
            `nats-server cannot be started (${why}). Install it: apt-get install nats-server, or from https://nats.io`,
          ),
        );
      child.once('error', refuse);
      child.once('exit', (code) => refuse(`exit code ${code}`));
    });
    failed.catch(() => {}); // later: it was killed
    await Promise.race([answers(), failed]);
    return child;
  }
  async function answers(): Promise<void> {
    for (;;) {
      const socket = connect(port, '127.0.0.1');
      const isUp = await once(socket, 'connect').then(
        () => true,
        () => false,
      );
      socket.destroy();
      if (isUp) return;
      await sleep(20);
    }
  }
  const kill = async (): Promise<void> => {
    const ended = once(server, 'exit');
    server.kill('SIGKILL');
    await ended;
  };
  return {
    url: `nats://127.0.0.1:${port}`,
    webSocketUrl: `ws://127.0.0.1:${webSocketPort}`,
    async restart() {
      const started = performance.now();
      await kill();
      server = await start();
      return (performance.now() - started) / 1000;
    },
    async pause(milliseconds) {
      server.kill('SIGSTOP');
      await sleep(milliseconds);
      server.kill('SIGCONT');
    },
    async restartEmpty() {
      await kill();
      await rm(folder, { recursive: true });
      server = await start();
    },
    residentMiB: () =>
      Number(execFileSync('ps', ['-o', 'rss=', '-p', String(server.pid)], { encoding: 'utf8' })) /
      1024,
    async close() {
      await kill();
      await rm(folder, { recursive: true, force: true });
    },
  };
}
