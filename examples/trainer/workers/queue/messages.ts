import type { Nats } from './nats.ts';

/** What is to be done, as it lies in the queue. */
export interface Job {
  id: string;
  /** Of which run. */
  run: string;
  /** How often the trainer has asked for it. */
  attempt: number;
  /** What the worker reads. */
  body: unknown;
}

/** Who did a job, as its result tells it. */
export interface Report {
  job: string;
  attempt: number;
  worker: string;
  /** Kernels that computed: others round sums differently. */
  library: string;
  /** Of how many times it was given out. */
  delivery: number;
  seconds: number;
}

/** A job that no worker could do. */
export interface DeadLetter {
  job: Job;
  worker: string;
  reason: string;
}

const encoder = new TextEncoder();
const decoder = new TextDecoder();
/** Left for subject and headers of a message. */
const MARGIN = 4096;

/** The bytes of a message; what is too long for one goes into the object store, and the message names it. */
export async function packed(
  { blobs, maxPayload }: Pick<Nats, 'blobs' | 'maxPayload'>,
  text: string,
  signal?: AbortSignal,
): Promise<Uint8Array> {
  const bytes = encoder.encode(text);
  if (bytes.length <= maxPayload - MARGIN) return bytes;
  return encoder.encode(`blob ${await blobs.put(bytes, signal)}`);
}

/** The text of a message. @param spend - Removes what it names from the store. */
export async function unpacked(
  { blobs }: Pick<Nats, 'blobs'>,
  bytes: Uint8Array,
  { spend = false }: { spend?: boolean } = {},
): Promise<string> {
  const text = decoder.decode(bytes);
  if (!text.startsWith('blob ')) return text;
  const name = text.slice('blob '.length);
  const content = await blobs.get(name);
  if (spend) await blobs.remove(name);
  return decoder.decode(content);
}

/** A result: who did it on the first line, then what came out. */
export const resultText = (report: Report, content: string): string =>
  `${JSON.stringify(report)}\n${content}`;

export function readResult(text: string): { report: Report; content: string } {
  const end = text.indexOf('\n');
  const report = JSON.parse(text.slice(0, end)) as Report; // written above
  return { report, content: text.slice(end + 1) };
}
