import { hostname } from 'node:os';
import { basename } from 'node:path';
import { type OpenCpuOptions, openCpu } from '@molrl/tensor-gpu';
import { openNats } from '../queue/openNats.ts';
import { filesHere } from './filesHere.ts';
import { workFor } from './workFor.ts';

export interface WorkOptions extends Pick<OpenCpuOptions, 'threads' | 'kernels'> {
  url: string;
  slots: number;
  tokenVariable: string;
  say(text: string): void;
  signal: AbortSignal;
}

/** Plays and judges what the server has, until the signal is aborted. @throws {Error} if a run is of other files than are here. */
export async function work(options: WorkOptions): Promise<void> {
  const { url, slots, tokenVariable, threads, kernels, say, signal } = options;
  const device = await openCpu({ threads, kernels });
  const worker = `${hostname()}-${process.pid}`;
  const nats = await openNats({ url, tokenVariable, name: worker, say });
  const library = basename(device.library);
  await workFor(nats, { worker, library, slots, files: filesHere, say, signal });
}
