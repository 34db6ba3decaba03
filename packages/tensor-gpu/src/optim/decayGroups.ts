import type { Variable } from '@tensorflow/tfjs-core';
import type { ParameterGroup } from './createOptimizer.ts';
import type { UpdateRule } from './updateRule.ts';

/** Whether weight decay acts on a parameter. */
export type Decays = (name: string, parameter: Variable) => boolean;

export interface DecayGroupsOptions {
  weightDecay: number;
  /** Default: all, torch's. */
  decays: Decays | undefined;
}

/** Parameters as two groups, with decay and without; one where they do not differ. */
export function decayGroups(
  parameters: Readonly<Record<string, Variable>>,
  { weightDecay, decays }: DecayGroupsOptions,
  ruleOf: (parameters: Readonly<Record<string, Variable>>, weightDecay: number) => UpdateRule,
): ParameterGroup[] {
  const entries = Object.entries(parameters);
  const group = (part: typeof entries, decay: number): ParameterGroup => ({
    names: part.map(([name]) => name),
    rule: ruleOf(Object.fromEntries(part), decay),
  });
  if (decays === undefined || weightDecay === 0) return [group(entries, weightDecay)];
  const [decayed, others]: [typeof entries, typeof entries] = [[], []];
  for (const entry of entries) (decays(...entry) ? decayed : others).push(entry);
  return [
    ...(decayed.length > 0 ? [group(decayed, weightDecay)] : []),
    ...(others.length > 0 ? [group(others, 0)] : []),
  ];
}
