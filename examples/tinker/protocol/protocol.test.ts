import { describe, expect, test } from 'vitest';
import skyrl from '../fixtures/skyrl-0.4.0.json' with { type: 'json' };
import { lossFunction, tokenLoss } from '../server/lossFunctions.ts';
import {
  decodeForwardBackward,
  decodeForwardBackwardOutput,
  encodeForwardBackward,
  encodeForwardBackwardOutput,
  type ForwardBackwardRequest,
} from './forwardBackward.ts';
import { decodeSample, encodeSample } from './sample.ts';
import { WireError } from './wire.ts';

const bytesOf = (hex: string): Uint8Array => new Uint8Array(Buffer.from(hex, 'hex'));
const hexOf = (bytes: Uint8Array): string => Buffer.from(bytes).toString('hex');

type Recorded = (typeof skyrl.forwardBackward)[number];

function requestOf({ request: { json } }: Recorded): ForwardBackwardRequest {
  const { data, loss_fn, loss_fn_config } = json.forward_backward_input;
  return {
    ...{ modelId: json.model_id, seqId: json.seq_id, lossFn: loss_fn, forwardOnly: false },
    lossConfig: { ...loss_fn_config },
    data: data.map(({ model_input, loss_fn_inputs }) => ({
      tokens: Int32Array.from(model_input.chunks.flatMap(({ tokens }) => tokens)),
      lossInputs: Object.fromEntries(
        Object.entries(loss_fn_inputs).map(([name, { data: values }]) => [name, values]),
      ),
    })),
  };
}

const cases = skyrl.forwardBackward.map(
  (one) => [one.request.json.forward_backward_input.loss_fn, one] as const,
);

describe('messages as the real server sends and takes them', () => {
  test.each(cases)('a request of %s is the same bytes', (_, recorded) => {
    const { hex } = recorded.request;
    const request = requestOf(recorded);
    expect(hexOf(encodeForwardBackward(request))).toBe(hex);
    expect(hexOf(encodeForwardBackward({ ...request, forwardOnly: true }))).toBe(`${hex}3001`);
    const read = decodeForwardBackward(bytesOf(hex));
    expect(read.data[0]!.tokens).toEqual(request.data[0]!.tokens);
    expect(read.lossConfig).toEqual(request.lossConfig);
    for (const [name, values] of Object.entries(request.data[0]!.lossInputs)) {
      const found = Array.from(read.data[0]!.lossInputs[name]!);
      for (const [i, value] of Array.from(values).entries()) expect(found[i]).toBeCloseTo(value, 6);
    }
  });

  test.each(cases)('its result of %s is read, and its losses are ours', (name, recorded) => {
    const { hex, decoded } = recorded.result;
    const {
      outputs: [output],
    } = decodeForwardBackwardOutput(bytesOf(hex));
    const request = requestOf(recorded);
    const { losses } = tokenLoss(lossFunction(name, request.lossConfig), request.data[0]!, {
      ...{ logprobs: output!.logprobs!, config: request.lossConfig },
    });
    for (const [i, loss] of decoded.elementwise_loss.entries()) {
      expect(output!.logprobs![i]).toBeCloseTo(decoded.logprobs[i]!, 5);
      expect(output!.elementwise_loss![i]).toBeCloseTo(loss, 5);
      expect(losses[i]).toBeCloseTo(loss, 5);
    }
  });

  test('a sample is the same bytes, read and written', () => {
    const { hex, decoded } = skyrl.sample.result;
    const sample = decodeSample(bytesOf(hex));
    expect(hexOf(encodeSample(sample))).toBe(hex);
    expect(sample.sequences.map(({ tokens }) => [...tokens])).toEqual(
      decoded.sequences.map(({ tokens }) => tokens),
    );
    expect(sample.sequences.map(({ stopReason }) => stopReason)).toEqual(['length', 'length']);
    expect(sample.promptLogprobs!.length).toBe(decoded.prompt_logprobs.length);
  });

  test('several data keep their own lengths', () => {
    const outputs = [[0.5], [], [1, 2, 3]].map((values) => ({
      logprobs: Float32Array.from(values),
      elementwise_loss: Float32Array.from(values, (x) => -x),
    }));
    const result = { outputs, metrics: { 'loss:sum': -6.5 } };
    expect(decodeForwardBackwardOutput(encodeForwardBackwardOutput(result))).toEqual(result);
  });

  test('what is no message is an error, wherever it is cut', () => {
    const whole = bytesOf(skyrl.forwardBackward[0]!.request.hex);
    let refused = 0;
    for (let length = 0; length < whole.length; length++) {
      try {
        decodeForwardBackward(whole.subarray(0, length));
      } catch (error) {
        expect(error).toBeInstanceOf(WireError);
        refused += 1;
      }
    }
    expect(refused).toBeGreaterThan(whole.length * 0.9);
  });
});

describe('gradients of the losses', () => {
  const logprobs = Float32Array.from([-0.2, -1.5, -0.7, -2.5, -0.9, -1]);
  const lossInputs = {
    weights: [1, 0.5, 2, 1, 0, 1],
    logprobs: [-0.5, -1.2, -0.7, -1, Number.NEGATIVE_INFINITY, -1.1],
    advantages: [1, -2, 0.5, -1, 3, 0.25],
  };
  test.each(['cross_entropy', 'importance_sampling', 'ppo'])(
    'of %s are differences of the loss',
    (name) => {
      const loss = lossFunction(name, {});
      const datum = { tokens: new Int32Array(6), lossInputs };
      const at = (values: Float32Array) => tokenLoss(loss, datum, { logprobs: values, config: {} });
      const { gradient, losses } = at(logprobs);
      expect(losses[4]).toBe(0); // no weight: an infinite ratio does no harm
      for (const i of logprobs.keys()) {
        const [more, less] = [0.01, -0.01].map((step) =>
          at(logprobs.map((value, j) => (i === j ? value + step : value))),
        );
        const slope = (more!.losses[i]! - less!.losses[i]!) / 0.02;
        expect(gradient[i]).toBeCloseTo(slope, 3);
      }
    },
  );

  test('of cispo leave the clipped ratio out', () => {
    const datum = { tokens: new Int32Array(6), lossInputs };
    const { gradient, losses } = tokenLoss(lossFunction('cispo', {}), datum, {
      ...{ logprobs, config: {} },
    });
    const ratios = [1.2, 0.8, 1, 0.8, 0, Math.exp(0.1)];
    for (const [i, ratio] of ratios.entries()) {
      const weight = lossInputs.weights[i]! * lossInputs.advantages[i]!;
      expect(gradient[i]).toBeCloseTo(-ratio * weight, 5);
      expect(losses[i]).toBeCloseTo(-ratio * weight * logprobs[i]!, 5);
    }
  });

  test('an unknown loss and an unknown setting name what there is', () => {
    expect(() => lossFunction('dro', {})).toThrow(
      "loss_fn is 'dro', known are cross_entropy, importance_sampling, ppo, cispo.",
    );
    expect(() => lossFunction('cispo', { epsilon: 0.2 })).toThrow(
      "loss_fn_config has 'epsilon'; settings of cispo: clip_low_threshold, clip_high_threshold.",
    );
  });
});
