import { tensor, tidy, type Variable } from '@tensorflow/tfjs-core';
import { currentBackend } from '../backend/backend.ts';
import { BYTE_BLOCK, type Quantised } from '../backend/byteMoments.ts';
import { adamw8bitDeviceRule } from './adamw8bitDeviceRule.ts';
import type { AdamwNumbers } from './adamwRule.ts';
import { byteState, readByteState } from './byteState.ts';
import { dynamicMap, type Quantiser, quantiserOf } from './dynamicMap.ts';
import { squaredNormsOf } from './globalNorm.ts';
import { StateReader, type StepScalars, type UpdateRule } from './updateRule.ts';

/** AdamW of these parameters, its moments in 8 bits. */
export function adamw8bitRule(
  caller: string,
  parameters: Readonly<Record<string, Variable>>,
  numbers: AdamwNumbers,
): UpdateRule {
  const names = Object.keys(parameters);
  const variables = Object.values(parameters);
  const [signed, unsigned] = [
    quantiserOf(dynamicMap('signed')),
    quantiserOf(dynamicMap('unsigned')),
  ];
  const device = currentBackend()?.byteMoments?.(variables, [signed, unsigned]);
  if (device !== undefined) return adamw8bitDeviceRule(caller, parameters, { device, numbers });
  const states = variables.map(({ size }) => ({
    mean: zeroOf(size, signed),
    square: zeroOf(size, unsigned),
  }));
  return {
    squaredNorms: squaredNormsOf,
    async update(gradients, scalars) {
      const step = createStep({ signed, unsigned }, numbers, scalars);
      for (const [index, parameter] of variables.entries()) {
        const weights = new Float32Array(await parameter.data()); // a copy
        const gradient = await gradients[index]!.data<'float32'>(); // read only
        step({ weights, gradient, ...states[index]! });
        tidy(() => parameter.assign(tensor(weights, parameter.shape, 'float32')));
      }
    },
    state: () => byteState(names, states),
    reader(tensors) {
      const state = new StateReader(caller, tensors);
      const loaded = variables.map(({ size }, index) => readByteState(state, names[index]!, size));
      return () => {
        for (const [index, { mean, square }] of loaded.entries()) {
          put(states[index]!.mean, mean);
          put(states[index]!.square, square);
        }
      };
    },
    dispose() {},
  };
}

function zeroOf(size: number, { numbers }: Quantiser): Quantised {
  return {
    codes: new Uint8Array(size).fill(numbers.indexOf(0)),
    absmax: new Float32Array(Math.ceil(size / BYTE_BLOCK)),
  };
}

function put(target: Quantised, { codes, absmax }: Quantised): void {
  target.codes.set(codes);
  target.absmax.set(absmax);
}

/** The numbers of a step, for the loop over a block. */
interface StepFactors {
  clip: number;
  beta1: number;
  beta2: number;
  /** `1 - learningRate * weightDecay`. */
  kept: number;
  stepSize: number;
  rootBias2: number;
  eps: number;
}

interface Moved {
  weights: Float32Array;
  gradient: Float32Array;
  mean: Quantised;
  square: Quantised;
}

/** Numbers of a block while it is at work, and the same memory as bits. (Views are made once: they cost more than a block.) */
interface Opened {
  numbers: Float32Array;
  bits: Uint32Array;
}

function openedBlock(): Opened {
  const numbers = new Float32Array(BYTE_BLOCK);
  return { numbers, bits: new Uint32Array(numbers.buffer) };
}

/** One step of AdamW, block by block. */
function createStep(
  { signed, unsigned }: { signed: Quantiser; unsigned: Quantiser },
  { betas: [beta1, beta2], eps, weightDecay }: AdamwNumbers,
  { clip, learningRate, t }: StepScalars,
): (moved: Moved) => void {
  const factors: StepFactors = {
    ...{ clip, beta1, beta2, eps },
    kept: 1 - learningRate * weightDecay,
    stepSize: learningRate / (1 - beta1 ** t),
    rootBias2: Math.sqrt(1 - beta2 ** t),
  };
  const [m, v] = [openedBlock(), openedBlock()];
  const opened = { m: m.numbers, v: v.numbers };
  return (moved) => {
    const { weights, mean, square } = moved;
    for (let block = 0; block < mean.absmax.length; block++) {
      const first = block * BYTE_BLOCK;
      const count = Math.min(BYTE_BLOCK, weights.length - first);
      open(m, mean, { numbers: signed.numbers, block, count });
      open(v, square, { numbers: unsigned.numbers, block, count });
      move(moved, factors, { ...opened, first, count });
      close(m, mean, { ...signed, block, count });
      close(v, square, { ...unsigned, block, count });
    }
  };
}

interface Place {
  block: number;
  count: number;
}

function open(
  { numbers: values }: Opened,
  { codes, absmax }: Quantised,
  { numbers, block, count }: Place & { numbers: Float32Array },
): void {
  const scale = absmax[block]!;
  for (let i = 0; i < count; i++) values[i] = numbers[codes[block * BYTE_BLOCK + i]!]! * scale;
}

function move(
  { weights, gradient }: Moved,
  { clip, beta1, beta2, kept, stepSize, rootBias2, eps }: StepFactors,
  { m, v, first, count }: { m: Float32Array; v: Float32Array; first: number; count: number },
): void {
  for (let i = 0; i < count; i++) {
    const at = first + i;
    const g = gradient[at]! * clip;
    const mean = beta1 * m[i]! + (1 - beta1) * g;
    const square = beta2 * v[i]! + (1 - beta2) * g * g;
    weights[at] = weights[at]! * kept - (stepSize * mean) / (Math.sqrt(square) / rootBias2 + eps);
    m[i] = mean;
    v[i] = square;
  }
}

/** Writes the block's largest size, and of each number over it the nearest code. The numbers are used up. */
function close(
  { numbers: values, bits }: Opened,
  { codes, absmax }: Quantised,
  { middles, first, block, count }: Quantiser & Place,
): void {
  let largest = 0;
  for (let i = 0; i < count; i++) {
    const size = Math.abs(values[i]!);
    if (size > largest) largest = size;
  }
  absmax[block] = largest;
  const inverse = largest === 0 ? 0 : 1 / largest;
  for (let i = 0; i < count; i++) values[i]! *= inverse;
  for (let i = 0; i < count; i++) {
    let code = first[bits[i]! >>> 16]!;
    while (values[i]! > middles[code]!) code++;
    codes[block * BYTE_BLOCK + i] = code;
  }
}
