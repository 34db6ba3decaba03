import {
  type AgentTraceRow,
  type ConversationRow,
  importAgentTrace,
  importConversation,
  importVerifiers,
  readRows,
  readTrajectories,
  type Trajectory,
  type VerifiersEpisode,
} from '@molrl/ef-env';

/** What a line of a file may be. */
type FeedbackRow = Partial<Trajectory> & ConversationRow & Partial<VerifiersEpisode>;

/** What an agent's environment begins with. */
const OBSERVATION = /^(?:Observation:|Call id:|Error:)/m;

/**
 * Conversations with feedback of a file of the user's: trajectories of this package (`trajectories.jsonl`), rows with
 * `messages` (or `prompt` and `completion`), traces of verifiers, or of a smolagents CodeAgent, whose fixed words are not
 * learned.
 *
 * @throws {Error} One line naming file and row.
 */
export async function readFeedbackRows(
  file: string,
  onWarning: (message: string) => void,
): Promise<Trajectory[]> {
  const rows = await readRows<FeedbackRow>(file).catch((cause: Error) => {
    throw new Error(`mol.data: ${cause.message}`, { cause });
  });
  if (rows[0]?.segments !== undefined) return readTrajectories(file, { onWarning });
  return rows.flatMap((row, index) => {
    const id = typeof row.id === 'string' ? row.id : `row-${index + 1}`;
    try {
      if (isVerifiersEpisode(row)) return importVerifiers(row);
      return isAgentTrace(row) ? importAgentTrace(row, { id }) : importConversation(row, { id });
    } catch (cause) {
      throw new Error(`mol.data: row ${index + 1} of ${file}: ${(cause as Error).message}`, {
        cause,
      });
    }
  });
}

const isAgentTrace = (row: FeedbackRow): row is FeedbackRow & AgentTraceRow =>
  Array.isArray(row.messages) &&
  row.messages.some(
    ({ role, content }) =>
      role !== 'assistant' && typeof content === 'string' && OBSERVATION.test(content),
  );

const isVerifiersEpisode = (row: FeedbackRow): row is FeedbackRow & VerifiersEpisode =>
  Array.isArray(row.traces);
