import type { LaneText } from '../engine/program.ts';

/** Invocations of the programs that work on one row or block together. */
export const LANES = 64;

/** WGSL: `sumLanes(value, lane)` adds up what the lanes of a workgroup hold, `maxLanes` takes the largest; all get it. */
export const REDUCE_LANES: LaneText = (subgroup, lanes) =>
  reduction('sumLanes', 'a + b', { subgroup, perRow: lanes }) +
  reduction('maxLanes', 'max(a, b)', { subgroup, perRow: lanes });

/**
 * WGSL: the same for rows side by side, of `PER_ROW` lanes each (a power of two): `sumRow(value, lane)` is the sum of the
 * lane's own row.
 */
export const sumRows =
  (lanesPerRow: number): LaneText =>
  (subgroup) =>
    `
const PER_ROW = ${lanesPerRow}u;${reduction('sumRow', 'a + b', { subgroup, perRow: lanesPerRow })}`;

/**
 * Joins the lanes of each row by halves: in workgroup memory, the last halves in registers where lanes are in one subgroup. The
 * pairs are the same, so subgroups of any size give the same bits.
 */
function reduction(
  name: string,
  combined: string,
  { subgroup, perRow }: { subgroup: number; perRow: number },
): string {
  const inRegisters = Math.min(subgroup, perRow);
  const steps: string[] = [];
  for (let half = inRegisters / 2; half >= 1; half /= 2)
    steps.push(
      `{ let a = result; let b = subgroupShuffleXor(result, ${half}u); result = ${combined}; }`,
    );
  const inMemory = `
  ${name}Parts[lane] = value;
  workgroupBarrier();
  for (var half = ${perRow / 2}u; half >= ${inRegisters}u; half /= 2u) {
    if (lane % ${perRow}u < half) {
      let a = ${name}Parts[lane];
      let b = ${name}Parts[lane + half];
      ${name}Parts[lane] = ${combined};
    }
    workgroupBarrier();
  }
  var result = ${name}Parts[lane / ${perRow}u * ${perRow}u + lane % ${inRegisters}u];
  workgroupBarrier();`;
  const isSmall = perRow <= inRegisters;
  return `${isSmall ? '' : `\nvar<workgroup> ${name}Parts: array<f32, LANES>;`}
fn ${name}(value: f32, lane: u32) -> f32 {${isSmall ? '\n  var result = value;' : inMemory}
  ${steps.join('\n  ')}
  return result;
}`;
}
