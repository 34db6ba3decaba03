import {
  crossEntropy,
  type DivergenceKind,
  divergence,
  type MolLogitsOptions,
  type MolLogitsResult,
  type MolWeightsOptions,
  molLoss,
  molLossFromLogits,
  type Normalizer,
  ROLE_CODES,
} from '@molrl/mol-loss';
import { assertChecksum, assertClose, flat, type Golden, goldenSuite } from './lossesSuite.ts';
import type { SuiteResult } from './suiteResult.ts';

const NORMALIZERS: Record<string, Normalizer> = {
  token_component: 'token',
  token_joint: 'token-joint',
  seq_component: 'sequence',
  seq_joint: 'sequence-joint',
};

/** The oracle's roles are ignore, ce, kl; its kl is one component, which either of our KL roles can stand for. */
export const molRoles = (role: ArrayLike<number>): Uint8Array =>
  Uint8Array.from(role, (code) => (code === 2 ? ROLE_CODES.assistant : code));

/** The oracle's weights and sizes as ours. */
export function weightsOptions(options: Golden): MolWeightsOptions {
  const [environmentWeight, alpha] = options.alpha ?? [1, 1];
  const normalizer = NORMALIZERS[options.norm ?? 'token_component'];
  return { alpha, environmentWeight, normalizer, denominator: options.denom };
}

/** The oracle's options as ours. */
export function molOptions(options: Golden): MolLogitsOptions {
  return {
    ...weightsOptions(options),
    divergence: options.direction,
    jsdBeta: options.beta,
    temperature: options.tau,
    klTemperature: options.kl_tau,
    scaleByKlTemperature: options.tau2,
  };
}

/** Everything but the gradient. */
function compareMol(result: MolLogitsResult, c: Golden, tolerance: number): void {
  const { environment, assistant, general } = result.components;
  assertClose('loss', result.loss, c.loss, tolerance);
  assertClose('token_terms', result.terms, c.token_terms, tolerance);
  if (c.coefficients) assertClose('coefficients', result.coefficients, c.coefficients, tolerance);
  assertClose('ce_mean', environment.mean, c.ce_mean, tolerance);
  assertClose('kl_mean', result.metrics['mol/kl'], c.kl_mean, tolerance);
  assertClose('ce_part', environment.loss, c.ce_part, tolerance);
  assertClose('kl_part', assistant.loss + general.loss, c.kl_part, tolerance);
  assertClose('ce_tokens', result.metrics['mol/ce_tokens'], c.ce_tokens, 0);
  assertClose('kl_tokens', result.metrics['mol/kl_tokens'], c.kl_tokens, 0);
}

/** mol_small.json: every option, full gradients; each case also through the form that takes per-token values. */
export const molSmall = (golden: Golden): Promise<SuiteResult> =>
  goldenSuite('mol_small', async (run) => {
    const { value: tolerance, grad } = golden.meta.tolerance;
    for (const [k, c] of golden.cases.entries()) {
      await run(`${JSON.stringify(c.options)} #${k}`, () => {
        const only = { only_ce: 1, only_kl: 2, none: 0 }[c.options.roles as 'only_ce'];
        const role = golden.role.map((code: number) => only ?? code);
        const tokens = {
          roles: molRoles(role),
          sequenceIds: golden.seq,
          tokenWeights: c.options.weights ? golden.w2 : undefined,
        };
        const targets =
          only === undefined ? golden.labels : golden.labels.map((y: number) => Math.max(0, y));
        const options = molOptions(c.options);
        const data = { ...tokens, logits: flat(golden.z), refLogits: flat(golden.z0), targets };
        const result = molLossFromLogits(data, options);
        compareMol(result, c, tolerance);
        assertClose('d_z', result.gradient, c.d_z, grad);

        const { coefficients } = result;
        const values = molLoss(
          { ...tokens, logprobs: result.terms.map((x) => -x), kl: result.terms },
          weightsOptions(c.options),
        );
        assertClose('loss from values', values.loss, c.loss, tolerance);
        const ce = coefficients.map((x, i) => (role[i] === 1 ? -x : 0));
        const kl = coefficients.map((x, i) => (role[i] === 2 ? x : 0));
        assertClose('d_logprobs', values.logprobGradient, ce, tolerance);
        assertClose('d_kl', values.klGradient, kl, tolerance);
      });
    }
  });

/** mol_nasty.json: rows that are numerically hard. */
export const molNasty = (golden: Golden): Promise<SuiteResult> =>
  goldenSuite('mol_nasty', async (run) => {
    for (const row of golden.rows) {
      await run(row.name, () => {
        const ce = crossEntropy(row.z, row.label);
        assertClose('ce', ce.value, row.ce, 1e-9);
        assertClose('d_ce', ce.gradient, row.d_ce, 1e-9);
        for (const kind of ['reverse', 'forward', 'jsd'] as DivergenceKind[]) {
          const term = divergence(row.z, row.z0, { kind });
          assertClose(kind, term.value, row[kind], 1e-9);
          if (row[`d_${kind}`]) assertClose(`d_${kind}`, term.gradient, row[`d_${kind}`], 1e-9);
        }
      });
    }
  });

/** mol_large.json: vocabularies of 1000 and 4096. */
export const molLarge = (golden: Golden): Promise<SuiteResult> =>
  goldenSuite('mol_large', async (run) => {
    const { value: tolerance, grad } = golden.meta.tolerance;
    for (const size of ['v1000', 'v4096']) {
      const g = golden[size];
      const width = g.z.length / g.labels.length;
      for (const c of g.cases) {
        await run(`${size} ${JSON.stringify(c.options)}`, () => {
          const result = molLossFromLogits(
            {
              logits: g.z,
              refLogits: g.z0,
              targets: g.labels,
              roles: molRoles(g.role),
              sequenceIds: g.seq,
            },
            molOptions(c.options),
          );
          compareMol(result, c, tolerance);
          assertChecksum('d_z', result.gradient, c.d_z_check, grad);
          const rows = g.labels.map((_: number, i: number) =>
            result.gradient.subarray(i * width, (i + 1) * width),
          );
          const norms = rows.map((row: Float64Array) => Math.hypot(...row));
          assertClose('row norms', norms, c.d_z_rows_l2, grad);
          const slices = rows.map((row: Float64Array) => Array.from(row.subarray(0, 12)));
          assertClose('d_z slice', slices, c.d_z_slice, grad);
          if (c.d_z) assertClose('d_z', result.gradient, c.d_z, 1e-7);
        });
      }
    }
  });

/** mol_head.json: through the head, z = h W^T; gradients to hidden states and weight. */
export const molHead = (golden: Golden): Promise<SuiteResult> =>
  goldenSuite('mol_head', async (run) => {
    const { value: tolerance, grad } = golden.meta.tolerance;
    const count = golden.labels.length;
    const depth = golden.h.length / count;
    const width = golden.W.length / depth;
    const logits = (h: Float64Array, weight: Float64Array) => {
      const z = new Float64Array(count * width);
      for (let i = 0; i < count; i++) {
        for (let v = 0; v < width; v++) {
          for (let d = 0; d < depth; d++)
            z[i * width + v]! += h[i * depth + d]! * weight[v * depth + d]!;
        }
      }
      return z;
    };
    for (const c of golden.cases) {
      await run(`shared head ${c.shared_head} ${JSON.stringify(c.options)}`, () => {
        const result = molLossFromLogits(
          {
            logits: logits(golden.h, golden.W),
            refLogits: logits(golden.h0, c.shared_head ? golden.W : golden.W0),
            targets: golden.labels,
            roles: molRoles(golden.role),
            sequenceIds: golden.seq,
          },
          molOptions(c.options),
        );
        compareMol(result, c, tolerance);
        const dHidden = new Float64Array(count * depth);
        const dWeight = new Float64Array(width * depth);
        for (let i = 0; i < count; i++) {
          for (let v = 0; v < width; v++) {
            const g = result.gradient[i * width + v]!;
            for (let d = 0; d < depth; d++) {
              dHidden[i * depth + d]! += g * golden.W[v * depth + d];
              dWeight[v * depth + d]! += g * golden.h[i * depth + d];
            }
          }
        }
        assertClose('d_h', dHidden, c.d_h, grad);
        assertChecksum('d_W', dWeight, c.d_W_check, grad);
        const rows = c.d_W_slice.length;
        assertClose('d_W slice', dWeight.subarray(0, rows * depth), c.d_W_slice, grad);
        if (c.d_W) assertClose('d_W', dWeight, c.d_W, 1e-7);
      });
    }
  });
