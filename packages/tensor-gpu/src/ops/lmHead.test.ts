import { readFileSync } from 'node:fs';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { testedKernels } from '../backend/testedKernels.ts';
import { type CpuDevice, openCpu } from '../index.ts';
import { record } from '../tape/record.ts';
import { lmHead } from './lmHead.ts';

interface Packed {
  shape: [number, number];
  scale: number;
  data: string;
}
interface Golden {
  head: {
    h: Packed;
    h0: Packed;
    W: Packed;
    W0: Packed;
    labels: number[];
    role: number[];
    cases: {
      title: string;
      sharedHead: boolean;
      direction: 'reverse' | 'forward';
      token_terms: number[];
      d_h: number[][];
      d_W_slice: number[][];
    }[];
  };
  logprobs: {
    logits: number[][];
    index: number[];
    cw: number[];
    ew: number[];
    cases: { temperature: number; logps: number[]; entropy: number[]; d_logits: number[][] }[];
  };
}
const golden: Golden = JSON.parse(
  readFileSync(new URL('../../fixtures/lmHead.json', import.meta.url), 'utf8'),
);

function unpack({ shape, scale, data }: Packed): tf.Tensor2D {
  const bytes = Buffer.from(data, 'base64');
  const values = Float32Array.from(
    { length: bytes.length / 2 },
    (_, i) => bytes.readInt16LE(2 * i) * scale,
  );
  return tf.tensor2d(values, shape);
}

function expectClose(actual: tf.Tensor, expected: number[][] | number[], tolerance = 1e-5): void {
  const values = actual.dataSync();
  for (const [i, value] of expected.flat().entries())
    expect(Math.abs(values[i]! - value), `at ${i}`).toBeLessThan(
      tolerance * Math.max(0.1, Math.abs(value)),
    );
}

describe.each(testedKernels)('lmHead, %s', (kernels) => {
  let device: CpuDevice;
  beforeAll(async () => {
    device = await openCpu({ kernels, threads: 2 });
  });
  afterAll(() => device.dispose());

  test.each(golden.head.cases)('equals torch in float64: $title', (expected) => {
    const { role } = golden.head;
    const [h, h0, W, W0] = [golden.head.h, golden.head.h0, golden.head.W, golden.head.W0].map(
      unpack,
    ) as [tf.Tensor2D, tf.Tensor2D, tf.Tensor2D, tf.Tensor2D];
    const labels = golden.head.labels.map((label) => Math.max(0, label)); // -100: ignored
    const { value, tape } = record(() => {
      const ref = { hidden: h0, weight: expected.sharedHead ? W : W0 };
      const { direction } = expected;
      const { logprobs, kl } = lmHead(h, W, tf.tensor1d(labels, 'int32'), { ref, direction });
      return { logprobs, kl: kl! };
    });
    const [logprobs, kl] = [value.logprobs.dataSync(), value.kl.dataSync()];
    const terms = role.map((r, i) => [0, -logprobs[i]!, kl[i]!][r]!);
    expectClose(tf.tensor1d(terms), expected.token_terms);
    const weights = (r: number, sign: number) => {
      const count = role.filter((other) => other === r).length;
      return tf.tensor1d(role.map((other) => (other === r ? sign / count : 0)));
    };
    const { h: dh, W: dW } = tape.backward(
      [
        [value.logprobs, weights(1, -1)],
        [value.kl, weights(2, 1)],
      ],
      { h, W },
    );
    expectClose(dh, expected.d_h);
    expectClose(dW, expected.d_W_slice);
  });

  test.each(golden.logprobs.cases)(
    "equals TRL's log-probs and entropy at temperature $temperature",
    (expected) => {
      const { logits, index, cw, ew } = golden.logprobs;
      const hidden = tf.tensor2d(logits);
      const identity = tf.eye(logits[0]!.length);
      const { temperature } = expected;
      const { value, tape } = record(() => {
        const targets = tf.tensor1d(index, 'int32');
        const { logprobs, entropy } = lmHead(hidden, identity, targets, {
          temperature,
          entropy: true,
        });
        return { logprobs, entropy: entropy! };
      });
      expectClose(value.logprobs, expected.logps);
      expectClose(value.entropy, expected.entropy);
      const { hidden: dlogits } = tape.backward(
        [
          [value.logprobs, tf.tensor1d(cw)],
          [value.entropy, tf.tensor1d(ew)],
        ],
        { hidden },
      );
      expectClose(dlogits, expected.d_logits);
    },
  );

  test.each([
    ['all tiles', 40, 700, false],
    ['a part of the tiles', 1100, 50_000, false], // 55 million logits, of 50.3 million that are kept
    ['the tiles of a KL, in part', 550, 50_000, true],
  ])('what is kept for the backward pass changes no bit: %s', (_, tokens, vocabulary, withRef) => {
    const next = tf.randomUniform([tokens, 3], -2, 2, 'float32', 7) as tf.Tensor2D;
    const head = tf.randomUniform([vocabulary, 3], -2, 2, 'float32', 8) as tf.Tensor2D;
    const targets = tf.tidy(() => tf.range(0, tokens, 1, 'int32')) as tf.Tensor1D;
    const ref = withRef ? { refHidden: tf.add(next, 0.5), refWeight: head } : undefined;
    const options = { temperature: 0.7, entropy: true, direction: 'reverse' as const };
    const { value, tape } = record(() => {
      const own = ref && { hidden: ref.refHidden, weight: head };
      const { logprobs, entropy, kl } = lmHead(next, head, targets, { ...options, ref: own });
      return { logprobs, entropy: entropy!, ...(kl && { kl }) }; // asked for
    });
    const perToken = tf.randomUniform([tokens], -1, 1, 'float32', 9);
    const results = Object.values(value);
    const held = device.memory().inUse;
    const kept = tape.backward(
      results.map((result) => [result, perToken]),
      { next, head },
    );
    const logits = Math.min(3 << 24, tokens * vocabulary * (withRef ? 2 : 1));
    expect(held - device.memory().inUse).toBeGreaterThan(3.5 * logits - 12 * vocabulary); // the gradient is there now
    // the same kernels without it
    const name = withRef ? 'lmHeadKl' : 'lmHead';
    const inputs = { hidden: next, weight: head, targets, ...ref };
    const outputs: tf.Tensor[] = tf.engine().runKernel(name, inputs, options);
    expect(outputs[0]!.dataSync()).toEqual(value.logprobs.dataSync());
    const names = withRef
      ? ['logprobs', 'entropy', 'kl', 'logsumexp', 'refLogsumexp']
      : ['logprobs', 'entropy', 'logsumexp'];
    const saved = Object.fromEntries(names.map((output, i) => [output, outputs[i]!])); // as many
    const cotangents = { dlogprobs: perToken, dentropy: perToken, ...(ref && { dkl: perToken }) };
    const again: tf.Tensor[] = tf
      .engine()
      .runKernel(`${name}Gradient`, { ...inputs, ...saved, ...cotangents }, {
        ...options,
        wanted: ['hidden', 'weight'],
      } as never); // options of the op and a list of names
    expect(kept.next.dataSync()).toEqual(again[0]!.dataSync());
    expect(kept.head.dataSync()).toEqual(again[1]!.dataSync());
  });
});
