import { EfEnvError } from '../base/errors.ts';
import type { ToolDescription } from '../text/toolSchemas.ts';
import { toolsPrompt } from '../text/toolsPrompt.ts';
import { type ConversationMessage, readMessage } from './readMessage.ts';
import type { Segment } from './segment.ts';
import type { StopReason, Trajectory } from './trajectory.ts';

/** A line of the `traces.jsonl` of verifiers: one episode with the traces of its agents. */
export interface VerifiersEpisode {
  env?: { id?: string | undefined } | undefined;
  traces: readonly VerifiersTrace[];
}

/** What one agent saw and said. */
export interface VerifiersTrace {
  id: string;
  task?: { data?: unknown } | undefined;
  agent?: { name?: string | undefined; trainable?: boolean | undefined } | undefined;
  /** Messages; each names the one before it, so that a rewritten history is a branch. */
  nodes: readonly VerifiersNode[];
  calls?: readonly { finish_reason?: string | null; error?: unknown }[] | undefined;
  rewards?: Record<string, { score: number; weight?: number } | null> | undefined;
  metrics?: Record<string, number | null> | undefined;
  info?: Record<string, unknown> | undefined;
  ok?: boolean | undefined;
  is_timeout?: boolean | undefined;
  stop_condition?: string | null | undefined;
  errors?: readonly { type: string; message: string }[] | undefined;
}

export interface VerifiersNode {
  /** Absent in the first of a history. */
  parent?: number | null | undefined;
  message: ConversationMessage;
  /** The model said it; otherwise it was given, whatever its role. */
  sampled?: boolean | undefined;
  tools?: readonly ({ name: string } & Partial<ToolDescription>)[] | undefined;
  token_ids?: readonly number[] | undefined;
  /** By token: was it sampled? */
  mask?: readonly boolean[] | undefined;
  /** Of the sampled tokens. */
  logprobs?: readonly number[] | undefined;
  semantic_parents?: readonly { node: number; type: string }[] | undefined;
}

/** Where verifiers says that there was more to come. */
const CUT = ['max_input_tokens', 'max_output_tokens', 'max_total_tokens', 'compaction_failed'];

/**
 * An episode as verifiers 0.4 and prime-rl store it (`traces.jsonl`) as trajectories: one for each branch of each trace in
 * which the model said something, as verifiers makes training samples of them. What comes before the model's first message is
 * the prompt; which tools there were is told in its system message, see {@link toolsPrompt}. Tokens and log-probs
 * come with what was sampled where the file has them (log-probs with the four decimals that verifiers keeps).
 *
 * The reward is the sum of `score * weight`, `null` where nothing was scored; the scores are metrics by their names. Left out:
 * agents that are not trained, branches without a sampled message, and attempts at a shorter history that were thrown away.
 * Rows of older data sets (`prompt`, `completion`, `reward`) are read by `importConversation`.
 *
 * @throws {EfEnvError} `format` for a row without traces, a trace without id or nodes, a parent that is no earlier node, or a
 * message that cannot be read, see {@link readMessage}.
 *
 * @example
 * const nodes = [
 *   { message: { role: 'user', content: '1 + 1?' } },
 *   { parent: 0, sampled: true, message: { role: 'assistant', content: '2' } },
 * ];
 * const [sum] = importVerifiers({ traces: [{ id: 'a', nodes, rewards: { exact: { score: 1, weight: 0.5 } } }] });
 * console.log(sum?.reward); // 0.5
 *
 * @see verifiers 0.4.0, v1/trace.py and v1/graph.py: https://pypi.org/project/verifiers/0.4.0/
 */
export function importVerifiers(row: VerifiersEpisode): Trajectory[] {
  if (!Array.isArray(row?.traces)) {
    throw new EfEnvError(
      'format',
      `importVerifiers: a line of traces.jsonl has a list of traces, got ${JSON.stringify(row?.traces)}. Older rows with a prompt and a completion are for importConversation.`,
    );
  }
  const env = row.env?.id || 'verifiers';
  return row.traces
    .filter(({ agent }) => agent?.trainable !== false)
    .flatMap((trace) => {
      const paths = branchesOf(trace).filter((path) => path.some(({ sampled }) => sampled));
      const role = row.traces.length > 1 ? trace.agent?.name : undefined;
      return paths.map((path, branch) => ({
        version: 1 as const,
        id: branch === 0 ? trace.id : `${trace.id}/${branch}`,
        task: { env, data: trace.task?.data ?? null, seed: 0 },
        segments: segmentsOf(path, `importVerifiers: trace '${trace.id}'`),
        ...endOf(trace),
        ...(role !== undefined && { role }),
      }));
    });
}

/** From each last message back to the first of its history. */
function branchesOf({ id, nodes }: VerifiersTrace): VerifiersNode[][] {
  if (typeof id !== 'string' || !Array.isArray(nodes as unknown)) {
    throw new EfEnvError(
      'format',
      `importVerifiers: a trace needs an id and nodes, got the id ${JSON.stringify(id)} and nodes ${JSON.stringify(nodes)?.slice(0, 80)}.`,
    );
  }
  for (const [i, { parent }] of nodes.entries()) {
    const earlier = Number.isInteger(parent) && Number(parent) >= 0 && Number(parent) < i;
    if (parent === undefined || parent === null || earlier) continue;
    throw new EfEnvError(
      'format',
      `importVerifiers: node ${i} of trace '${id}' must name an earlier node as its parent, names ${JSON.stringify(parent)}.`,
    );
  }
  const parents = new Set(nodes.map(({ parent }) => parent));
  const taken = new Set(
    nodes.flatMap(({ semantic_parents: links = [] }) =>
      links.filter(({ type }) => type === 'compaction').map(({ node }) => node),
    ),
  );
  const leaves = nodes.flatMap(({ semantic_parents: links = [] }, i) => {
    const attempt = links.some(({ type }) => type === 'compaction_attempt');
    return parents.has(i) || (attempt && !taken.has(i)) ? [] : [i];
  });
  return leaves.map((leaf) => {
    const path: VerifiersNode[] = [];
    for (let at: number | null | undefined = leaf; typeof at === 'number'; at = nodes[at]?.parent) {
      path.unshift(nodes[at]!); // earlier than its child, tested above
    }
    return path;
  });
}

function segmentsOf(path: readonly VerifiersNode[], where: string): Segment[] {
  const segments: Segment[] = [];
  let turn = -1; // of the last attempt
  for (const node of path) {
    const said = readMessage(node.message, where);
    if (node.sampled) {
      turn += 1;
      segments.push({ ...said, kind: 'policy', turn, ...tokensOf(node) });
    } else if (turn < 0) segments.push({ ...said, kind: 'prompt', turn: 0 });
    else segments.push({ ...said, kind: 'environment', turn });
  }
  const tools = path[0]?.tools ?? [];
  return tools.length === 0 ? segments : withTools(segments, tools);
}

function withTools(segments: Segment[], tools: NonNullable<VerifiersNode['tools']>): Segment[] {
  const told = toolsPrompt(
    tools.map(({ name, description = '', parameters = {} }) => ({ name, description, parameters })),
  );
  const [first, ...others] = segments;
  if (first?.speaker === 'system')
    return [{ ...first, text: `${first.text}\n\n${told}` }, ...others];
  return [{ speaker: 'system', kind: 'prompt', turn: 0, text: told }, ...segments];
}

function tokensOf({
  token_ids = [],
  mask = [],
  logprobs = [],
}: VerifiersNode): Pick<Segment, 'tokens'> {
  const ids = token_ids.filter((_, i) => mask[i]);
  if (ids.length === 0) return {};
  return { tokens: { ids, ...(logprobs.length === ids.length && { logprobs: [...logprobs] }) } };
}

/** What came out, and why it ended. */
function endOf(
  trace: VerifiersTrace,
): Pick<Trajectory, 'reward' | 'stop' | 'metrics' | 'info' | 'error'> {
  const { rewards = {}, info = {}, errors = [] } = trace;
  const scored = Object.entries(rewards).flatMap(([name, reward]) =>
    reward === null ? [] : [{ name, ...reward }],
  );
  const metrics = Object.fromEntries([
    ...scored.map(({ name, score }) => [name, score] as const),
    ...Object.entries(trace.metrics ?? {}).filter(
      (pair): pair is [string, number] => pair[1] !== null,
    ),
  ]);
  const failure = errors.at(-1);
  return {
    reward:
      scored.length === 0
        ? null
        : scored.reduce((sum, { score, weight = 1 }) => sum + score * weight, 0),
    stop: stopOf(trace),
    ...(Object.keys(metrics).length > 0 && { metrics }),
    ...(Object.keys(info).length > 0 && { info }),
    ...(failure && { error: `${failure.type}: ${failure.message}` }),
  };
}

function stopOf({ ok, is_timeout, stop_condition, calls = [] }: VerifiersTrace): StopReason {
  if (is_timeout) return 'timeout';
  if (ok === false) return 'error';
  if (stop_condition === 'max_turns') return 'max-turns';
  const last = calls.filter(({ error }) => !error).at(-1);
  const cut = CUT.includes(stop_condition ?? '') || last?.finish_reason === 'length';
  return cut ? 'truncated' : 'done';
}
