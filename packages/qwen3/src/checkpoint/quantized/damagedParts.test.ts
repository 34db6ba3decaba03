import { describe, expect, test } from 'vitest';
import { type Change, type Json, Q, refusal, type Stored, scheme } from './quantizedTrial.ts';

/** Changes one tensor. */
const tensor = (name: string, change: Partial<Stored> | ((tensor: Stored) => void)): Change => ({
  tensors: (tensors) => {
    const found = tensors.get(name)!;
    if (typeof change === 'function') change(found);
    else Object.assign(found, change);
  },
});
const without = (name: string): Change => ({ tensors: (tensors) => void tensors.delete(name) });
const f32 = (...values: number[]): Uint8Array => new Uint8Array(new Float32Array(values).buffer);
const i64 = (...values: bigint[]): Uint8Array => new Uint8Array(new BigInt64Array(values).buffer);
const text = (value: unknown): Partial<Stored> => {
  const bytes = Buffer.from(typeof value === 'string' ? value : JSON.stringify(value));
  return { bytes, shape: [bytes.length] };
};
/** The JSON beside a matrix of 4 bits with some keys replaced. */
const state = (name: string, more: Json): Change =>
  tensor(name, (found) => {
    Object.assign(found, text({ ...JSON.parse(Buffer.from(found.bytes).toString()), ...more }));
  });

const STATE = `${Q}.weight.quant_state.bitsandbytes__nf4`;
const W = `${Q}.weight`;

describe('damaged parts throw `checkpoint` and name the tensor', () => {
  test.each<[string, string, Change]>([
    ['bnb-int8', `lacks ${Q}.SCB (F32 [16])`, without(`${Q}.SCB`)],
    [
      'bnb-int8',
      `has ${Q}.SCB as F32 [8], not F32 [16]`,
      tensor(`${Q}.SCB`, { shape: [8], bytes: new Uint8Array(32) }),
    ],
    [
      'bnb-int8',
      `has ${Q}.SCB as F16 [16]`,
      tensor(`${Q}.SCB`, { dtype: 'F16', bytes: new Uint8Array(32) }),
    ],
    [
      'bnb-int8',
      `has ${Q}.SCB with NaN at index 2`,
      tensor(`${Q}.SCB`, { bytes: f32(1, 1, Number.NaN, ...new Array(13).fill(1)) }),
    ],
    [
      'bnb-int8',
      `has ${Q}.SCB with Infinity at index 0`,
      tensor(`${Q}.SCB`, { bytes: f32(...new Array(16).fill(1 / 0)) }),
    ],
    [
      'bnb-int8',
      `has ${Q}.weight_format as U8 [2]`,
      tensor(`${Q}.weight_format`, { shape: [2], bytes: new Uint8Array(2) }),
    ],
    [
      'bnb-int8',
      `has ${Q}.weight_format 9, which is no weight format`,
      tensor(`${Q}.weight_format`, { bytes: Uint8Array.of(9) }),
    ],
    ['bnb-int8', `${W} quantised with the shape [256], not a matrix`, tensor(W, { shape: [256] })],
    [
      'bnb-int8',
      `${W} has shape [8,32], config.json asks for [16,16]`,
      {
        tensors: (all) => {
          all.get(W)!.shape = [8, 32];
          Object.assign(all.get(`${Q}.SCB`)!, { shape: [8], bytes: new Uint8Array(32) });
        },
      },
    ],
    [
      'bnb-int8',
      `holds ${W} as U8 without the tensors that say how it is scaled`,
      tensor(W, { dtype: 'U8' }),
    ],
    [
      'bnb-int8',
      `holds ${Q}.SCB, a part of quantised weights that`,
      {
        tensors: (all) => {
          all.delete(`${Q}.weight_format`);
          Object.assign(all.get(W)!, { dtype: 'BF16', bytes: new Uint8Array(512) });
        },
      },
    ],
    ['bnb-nf4', `has the state of ${W} but lacks it`, without(W)],
    ['bnb-nf4', `holds ${W} as U8 without the tensors`, without(STATE)],
    ['bnb-nf4', `lacks ${W}.absmax (F32 [4])`, without(`${W}.absmax`)],
    ['bnb-nf4', `lacks ${W}.quant_map (F32 [16])`, without(`${W}.quant_map`)],
    [
      'bnb-nf4',
      `has ${W}.absmax as F32 [2], not F32 [4]`,
      tensor(`${W}.absmax`, { shape: [2], bytes: f32(1, 1) }),
    ],
    [
      'bnb-nf4',
      `has ${W}.absmax with NaN at index 1`,
      tensor(`${W}.absmax`, { bytes: f32(1, Number.NaN, 1, 1) }),
    ],
    [
      'bnb-nf4',
      `has ${W}.quant_map with NaN at index 0`,
      tensor(`${W}.quant_map`, { bytes: f32(...new Array(16).fill(Number.NaN)) }),
    ],
    [
      'bnb-nf4',
      `has ${W}.quant_map with other values than those of nf4`,
      tensor(`${W}.quant_map`, { bytes: f32(...new Array(16).fill(0.5)) }),
    ],
    [
      'bnb-nf4',
      `holds ${W} as nf4 and as fp4`,
      {
        tensors: (all) =>
          all.set(STATE.replace('nf4', 'fp4'), {
            ...all.get(STATE)!,
            ...text({
              ...JSON.parse(Buffer.from(all.get(STATE)!.bytes).toString()),
              quant_type: 'fp4',
            }),
          }),
      },
    ],
    ['bnb-nf4-nested', `lacks ${W}.nested_absmax (F32 [1])`, without(`${W}.nested_absmax`)],
    ['bnb-nf4-nested', `lacks ${W}.nested_quant_map (F32 [256])`, without(`${W}.nested_quant_map`)],
    [
      'bnb-nf4-nested',
      `has ${W}.nested_absmax with -Infinity at index 0`,
      tensor(`${W}.nested_absmax`, { bytes: f32(-1 / 0) }),
    ],
    [
      'bnb-nf4-nested',
      `has ${W}.absmax as F32 [4], not U8 [4]`,
      tensor(`${W}.absmax`, { dtype: 'F32', bytes: f32(1, 1, 1, 1) }),
    ],
    ['ct-channel', `lacks ${W}_scale (BF16 or F16 or F32 [16,1] or [16])`, without(`${W}_scale`)],
    ['ct-channel', `has ${W}_scale as BF16 [1,16]`, tensor(`${W}_scale`, { shape: [1, 16] })],
    [
      'ct-channel',
      `has ${W}_scale as I8 [16,1]`,
      tensor(`${W}_scale`, { dtype: 'I8', bytes: new Uint8Array(16) }),
    ],
    [
      'ct-channel',
      `has ${W}_scale with NaN at index 0`,
      tensor(`${W}_scale`, { bytes: new Uint8Array(32).fill(255) }),
    ],
    ['ct-group-zeros', `lacks ${W}_zero_point (I8 [16,2])`, without(`${W}_zero_point`)],
    [
      'ct-group-zeros',
      `has ${W}_zero_point as I8 [2,16]`,
      tensor(`${W}_zero_point`, { shape: [2, 16] }),
    ],
    [
      'ct-group-zeros',
      'which groups of 7 do not fill',
      { settings: scheme({}, { group_size: 7 }) },
    ],
    [
      'ct-group-zeros',
      'as F16 [16,3], not BF16 or F16 or F32 [16,6]',
      { settings: scheme({}, { group_size: 4 }) },
    ],
    [
      'ct-tensor',
      'weight_zero_point (I8 [1] or [] or [1,1])',
      { settings: scheme({}, { symmetric: false }) },
    ],
    ['ct-pack4', `lacks ${W}_shape (I64 or I32 [2])`, without(`${W}_shape`)],
    [
      'ct-pack4',
      `has ${W}_shape [16,1099511627776], which 16 x 2 words of ${W}_packed do not hold`,
      tensor(`${W}_shape`, { bytes: i64(16n, 2n ** 40n) }),
    ],
    ['ct-pack4', `has ${W}_shape [-16,16]`, tensor(`${W}_shape`, { bytes: i64(-16n, 16n) })],
    ['ct-pack4', `has ${W}_shape [16,0]`, tensor(`${W}_shape`, { bytes: i64(16n, 0n) })],
    [
      'ct-pack4',
      `has ${W}_packed as F32 [16,2], not I32 [16,2]`,
      tensor(`${W}_packed`, { dtype: 'F32' }),
    ],
    [
      'ct-pack4',
      `holds ${W} twice`,
      {
        tensors: (all) =>
          all.set(W, { dtype: 'BF16', shape: [16, 16], bytes: new Uint8Array(512) }),
      },
    ],
    ['ct-pack4', '_shape [16,24], which 16 x 3 words', { settings: scheme({}, { num_bits: 8 }) }],
    ['ct-pack4-zeros', `lacks ${W}_zero_point (I32 [2,2])`, without(`${W}_zero_point`)],
    [
      'ct-pack4-zeros',
      `has ${W}_zero_point as I32 [1,4]`,
      tensor(`${W}_zero_point`, { shape: [1, 4] }),
    ],
    ['fp8', `lacks ${W}_scale_inv (F32 or BF16 or F16 [2,2])`, without(`${W}_scale_inv`)],
    [
      'fp8',
      `has ${W}_scale_inv as BF16 [4], not F32 or BF16 or F16 [2,2]`,
      tensor(`${W}_scale_inv`, { shape: [4] }),
    ],
    [
      'fp8',
      `has ${W}_scale_inv with NaN at index 0`,
      tensor(`${W}_scale_inv`, { bytes: new Uint8Array(8).fill(255) }),
    ],
    [
      'fp8',
      'as BF16 [2,3], not F32 or BF16 or F16 [4,6]',
      { settings: (settings) => ({ ...settings, weight_block_size: [4, 4] }) },
    ],
  ])('%s: %s', async (name, message, change) => {
    expect(await refusal(name, change)).toMatchObject({
      code: 'checkpoint',
      message: expect.stringContaining(message),
    });
  });

  test.each<[Json | string, string]>([
    [
      { shape: [2 ** 40, 2 ** 40] },
      'with shape [1099511627776,1099511627776], the weight has 128 bytes',
    ],
    [{ shape: [16, 15] }, 'with shape [16,15], the weight has 128 bytes of two values'],
    [{ shape: [256] }, 'with shape [256]'],
    [{ shape: [-16, -16] }, 'with shape [-16,-16]'],
    [{ shape: ['16', 16] }, 'with shape ["16",16]'],
    [{ shape: { length: 2, 0: 16, 1: 16 } }, 'with shape {'],
    [{ shape: null }, 'with shape null'],
    [{ blocksize: 1 }, 'with blocksize 1'],
    [{ blocksize: '64' }, 'with blocksize "64"'],
    [{ blocksize: 32 }, `has ${W}.absmax as F32 [4], not F32 [8]`],
    [{ dtype: 'float64' }, 'with dtype "float64"'],
    [{ dtype: ['float32'] }, 'with dtype ["float32"]'],
    [{ quant_type: 'fp4' }, 'with quant_type "fp4"'],
    [{ nested_blocksize: 0 }, 'with nested_dtype undefined'],
    [{ nested_blocksize: 0, nested_dtype: 'float32', nested_offset: 0 }, 'with nested_blocksize 0'],
    [
      { nested_blocksize: 256, nested_dtype: 'float32', nested_offset: '0' },
      'with nested_offset "0"',
    ],
    [{ toString: 1 }, 'with "toString", which is not known'],
    ['', 'which is not JSON: ""'],
    ['NaN', 'which is not JSON: "NaN"'],
    ['[1]', 'with [1].'],
    ['null', 'with null.'],
    ['{"__proto__": {"blocksize": 64}}', 'with "__proto__", which is not known'],
    [`${'['.repeat(2000)}${']'.repeat(2000)}`, 'with [[['],
    [`"${'y'.repeat(5000)}"`, 'not as U8 of at most 4096 bytes'],
  ])('quant_state %j: %s', async (value, message) => {
    const change = typeof value === 'string' ? tensor(STATE, text(value)) : state(STATE, value);
    const error = await refusal('bnb-nf4', change);
    expect(error).toMatchObject({ code: 'checkpoint', message: expect.stringContaining(message) });
    expect(error.message.length).toBeLessThan(1100);
  });

  test('an order of bytes that is not that of rows, and columns in another one, throw `unsupported`', async () => {
    const tiled = tensor(`${Q}.weight_format`, { bytes: Uint8Array.of(2) });
    expect(await refusal('bnb-int8', tiled)).toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(`${Q}.weight_format 2 (col_turing), which is not read`),
    });
    const ordered: Change = {
      tensors: (all) =>
        all.set(`${W}_g_idx`, { dtype: 'I32', shape: [16], bytes: new Uint8Array(64) }),
    };
    expect(await refusal('ct-pack4', ordered)).toMatchObject({
      code: 'unsupported',
      message: expect.stringContaining(`${W}_g_idx`),
    });
  });
});
