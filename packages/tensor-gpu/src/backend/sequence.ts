import { TensorGpuError } from '../base/errors.ts';
import type { Completion, DecodeJob, DrawnToken, TopLogprob } from './decodeJob.ts';

/** One sample of a job: what it has so far, and where its keys and values are while it runs. */
export class Sequence {
  readonly job: DecodeJob;
  /** Index in the job, prompt-major. */
  readonly sample: number;
  readonly prompt: Int32Array;
  readonly seed: number;
  readonly drawn: number[] = [];
  /** Positions whose keys and values are in `pages`. */
  cached = 0;
  pages: number[] = [];
  /** -1: it waits. */
  slot = -1;
  private readonly logprobs: number[] = [];
  private readonly behavior: number[] = [];
  private readonly kept: number[] = [];
  private readonly offsets: number[] = [0];
  private readonly top: TopLogprob[][] = [];
  private stop: Completion['stop'] | undefined;

  constructor(job: DecodeJob, sample: number) {
    this.job = job;
    this.sample = sample;
    this.prompt = job.prompts[Math.floor(sample / job.numGenerations)]!;
    this.seed = job.seeds[sample]!;
  }

  /** Tokens of prompt and completion. */
  get length(): number {
    return this.prompt.length + this.drawn.length;
  }

  /** Tokens of prompt and completion at most. */
  get most(): number {
    return this.prompt.length + this.job.maxTokens;
  }

  tokenAt(position: number): number {
    const { prompt, drawn } = this;
    return position < prompt.length ? prompt[position]! : drawn[position - prompt.length]!;
  }

  /** The first `count` tokens. */
  ids(count: number): Int32Array {
    return Int32Array.from({ length: count }, (_, position) => this.tokenAt(position));
  }

  /**
   * Takes in a drawn token.
   *
   * @returns whether it was the last.
   * @throws {TensorGpuError} `not-finite` for an id of -1; what `shouldStop` and `onToken` throw.
   */
  add(token: Omit<DrawnToken, 'sample' | 'stop'>, kept: readonly number[]): boolean {
    const { job, drawn, sample } = this;
    if (token.id < 0) this.throwNotFinite();
    drawn.push(token.id);
    this.logprobs.push(token.logprob);
    this.behavior.push(token.behaviorLogprob);
    if (job.returnSamplingMask) {
      for (const id of kept) this.kept.push(id);
      this.offsets.push(this.kept.length);
    }
    if (job.topLogprobs > 0) this.top.push(token.top);
    if (job.eosIds.has(token.id)) this.stop = 'eos';
    else if (job.shouldStop?.(Int32Array.from(drawn), sample)) this.stop = 'stop';
    else if (drawn.length === job.maxTokens) this.stop = 'length';
    const { id, logprob, behaviorLogprob, top } = token;
    job.onToken?.({ id, logprob, behaviorLogprob, top: [...top], sample, stop: this.stop });
    return this.stop !== undefined;
  }

  completion(): Completion {
    const behaviorLogprobs = new Float32Array(this.behavior);
    return {
      ids: new Int32Array(this.drawn),
      logprobs: new Float32Array(this.logprobs),
      behaviorLogprobs,
      samplingLogprobs: behaviorLogprobs,
      stop: this.stop ?? 'length',
      ...(this.job.returnSamplingMask && {
        samplingMask: {
          tokenIds: Int32Array.from(this.kept),
          offsets: Int32Array.from(this.offsets),
        },
      }),
      ...(this.job.topLogprobs > 0 && { topLogprobs: this.top }),
    };
  }

  private throwNotFinite(): never {
    const { numGenerations } = this.job;
    const prompt = Math.floor(this.sample / numGenerations);
    throw new TensorGpuError(
      'not-finite',
      `generate: logits of sample ${this.sample % numGenerations} of prompt ${prompt} at token ${this.drawn.length} are NaN or all infinite. ` +
        'Look for the first weight or update that is not finite.',
    );
  }
}
