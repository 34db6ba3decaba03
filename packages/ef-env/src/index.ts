export type { EfEnvErrorCode } from './base/errors.ts';
export { EfEnvError } from './base/errors.ts';
export type { Random } from './base/random.ts';
export { createRandom, mixSeeds, restoreRandom } from './base/random.ts';
export type { DataContent, DataFormat, DataSource } from './data/dataSource.ts';
export type { DataRow } from './data/parseRows.ts';
export type { ReadRowsOptions } from './data/readRows.ts';
export { readRows } from './data/readRows.ts';
export type { CodeEnvironmentOptions, CodeTask } from './environments/code/codeEnvironment.ts';
export { codeEnvironment } from './environments/code/codeEnvironment.ts';
export type {
  TypescriptEnvironmentOptions,
  TypescriptTask,
} from './environments/code/typescriptEnvironment.ts';
export { typescriptEnvironment } from './environments/code/typescriptEnvironment.ts';
export type { Split } from './environments/codewords/chainSplit.ts';
export { chainSplit } from './environments/codewords/chainSplit.ts';
export type { CodewordsOptions } from './environments/codewords/codewords.ts';
export { codewords } from './environments/codewords/codewords.ts';
export { codewordsChat } from './environments/codewords/codewordsChat.ts';
export type { ChatExample } from './environments/codewords/codewordsChatExample.ts';
export { codewordsChatExample } from './environments/codewords/codewordsChatExample.ts';
export type { CodewordsFeedback } from './environments/codewords/codewordsFeedback.ts';
export { codewordsFeedback } from './environments/codewords/codewordsFeedback.ts';
export type {
  CodewordsTask,
  CodewordsTaskOptions,
} from './environments/codewords/codewordsTask.ts';
export { codewordsTask } from './environments/codewords/codewordsTask.ts';
export type { DefinitionsTaskOptions } from './environments/codewords/definitionsTask.ts';
export { definitionsTask } from './environments/codewords/definitionsTask.ts';
export {
  DOMAIN_WORDS,
  FREE_WORDS,
  LARGE_LEXICON,
  LEXICON,
  type Lexicon,
} from './environments/codewords/lexicon.ts';
export { miscTask } from './environments/codewords/miscTask.ts';
export type { Operation } from './environments/codewords/operations.ts';
export { applyOperations, OPERATION_NAMES } from './environments/codewords/operations.ts';
export type { PlainTask } from './environments/codewords/plainTask.ts';
export { plainTask } from './environments/codewords/plainTask.ts';
export type {
  GymFamily,
  GymItem,
  GymReferenceContext,
  GymVerdict,
} from './environments/gym/core/gymFamily.ts';
export type { GymFamilyName } from './environments/gym/gymFamilies.ts';
export { GYM_FAMILIES } from './environments/gym/gymFamilies.ts';
export type {
  GymSampler,
  GymSamplerOptions,
  GymSamplerState,
} from './environments/gym/gymSampler.ts';
export { gymSampler } from './environments/gym/gymSampler.ts';
export type { GymScore, GymScoreOptions } from './environments/gym/gymScore.ts';
export { gymScore } from './environments/gym/gymScore.ts';
export type { GymTask, GymTaskOptions } from './environments/gym/gymTask.ts';
export { gymTask } from './environments/gym/gymTask.ts';
export type { ReasoningGymOptions } from './environments/gym/reasoningGym.ts';
export { reasoningGym } from './environments/gym/reasoningGym.ts';
export type { OpenEnvObservation, OpenEnvResult } from './environments/openEnv/answer.ts';
export type { OpenEnvOptions } from './environments/openEnv/openEnv.ts';
export { openEnv } from './environments/openEnv/openEnv.ts';
export type { OpenEnvClient, OpenEnvClientOptions } from './environments/openEnv/openEnvClient.ts';
export { openEnvClient } from './environments/openEnv/openEnvClient.ts';
export type { OpenEnvTranslation, OpenEnvWords } from './environments/openEnv/openEnvEpisode.ts';
export type {
  OpenEnvRequestOptions,
  OpenEnvSession,
} from './environments/openEnv/openEnvSession.ts';
export type { OpenEnvRefusal } from './environments/openEnv/refusal.ts';
export type {
  OpenRewardBlock,
  OpenRewardMessage,
  OpenRewardMessageBlock,
  OpenRewardOutput,
  OpenRewardSplit,
  OpenRewardTools,
} from './environments/openReward/answers.ts';
export type { OpenRewardOptions } from './environments/openReward/openReward.ts';
export { openReward } from './environments/openReward/openReward.ts';
export type {
  OpenRewardClient,
  OpenRewardClientOptions,
  OpenRewardRange,
} from './environments/openReward/openRewardClient.ts';
export { openRewardClient } from './environments/openReward/openRewardClient.ts';
export type { OpenRewardPlay } from './environments/openReward/openRewardEpisode.ts';
export type { OpenRewardRequestOptions } from './environments/openReward/openRewardServer.ts';
export type { OpenRewardSession } from './environments/openReward/openRewardSession.ts';
export type { OpenRewardPlace, OpenRewardTask } from './environments/openReward/openRewardTask.ts';
export type { OpenRewardRefusal } from './environments/openReward/refusal.ts';
export type { PromptEnvironmentOptions } from './environments/promptEnvironment.ts';
export { promptEnvironment } from './environments/promptEnvironment.ts';
export type { QuizTask } from './environments/quiz.ts';
export { quiz } from './environments/quiz.ts';
export type { Bm25, Bm25Hit, Bm25Options } from './environments/retrieval/bm25.ts';
export { bm25 } from './environments/retrieval/bm25.ts';
export { bm25Retriever } from './environments/retrieval/bm25Retriever.ts';
export type {
  RetrievalDocument,
  RetrieveOptions,
  Retriever,
} from './environments/retrieval/retrievalDocument.ts';
export type {
  RefineOptions,
  RetrievalEnvironmentOptions,
} from './environments/retrieval/retrievalEnvironment.ts';
export { retrievalEnvironment } from './environments/retrieval/retrievalEnvironment.ts';
export type { RetrievalTask, SearchTurn } from './environments/retrieval/searchProgress.ts';
export { exactMatch, tokenF1 } from './environments/retrieval/squadScore.ts';
export { tokenizeText } from './environments/retrieval/tokenizeText.ts';
export type { Stage, StageContext, StageRule } from './environments/stages/stage.ts';
export type { StagesOptions } from './environments/stages/stages.ts';
export { stages } from './environments/stages/stages.ts';
export type { ParsedToolCall } from './environments/tools/parseToolCalls.ts';
export { parseToolCalls } from './environments/tools/parseToolCalls.ts';
export type { Tool, ToolContext } from './environments/tools/tool.ts';
export type {
  AnswerContext,
  ToolEnvironmentOptions,
} from './environments/tools/toolEnvironment.ts';
export { toolEnvironment } from './environments/tools/toolEnvironment.ts';
export { collect } from './episode/collect.ts';
export { collectDialogue } from './episode/collectDialogue.ts';
export type { CollectOptions, CollectProgress } from './episode/collectOptions.ts';
export type {
  Dialogue,
  DialogueDefinition,
  DialogueEpisode,
  DialogueOpening,
  DialogueStepResult,
  PerRole,
} from './episode/defineDialogue.ts';
export { defineDialogue } from './episode/defineDialogue.ts';
export { defineEnvironment } from './episode/defineEnvironment.ts';
export type {
  Environment,
  EnvironmentDefinition,
  Episode,
  ResetOptions,
  StepOptions,
  StepResult,
} from './episode/environment.ts';
export { episodeMetrics } from './episode/episodeMetrics.ts';
export type { Attempt, GenerateOptions, Policy } from './episode/policy.ts';
export type { AnswerScore } from './episode/scoredStep.ts';
export type {
  BenchmarkPreset,
  BenchmarkPresetName,
  BenchmarkPresetOptions,
} from './evaluation/benchmarkPreset.ts';
export { benchmarkPreset } from './evaluation/benchmarkPreset.ts';
export type { EvaluateOptions, EvaluateResult } from './evaluation/evaluate.ts';
export { evaluate } from './evaluation/evaluate.ts';
export type { Estimate } from './evaluation/evaluationMetrics.ts';
export type { UngradedSample } from './evaluation/gradeSamples.ts';
export { bootstrapMean, wilsonInterval } from './evaluation/intervals.ts';
export { majorityAtK } from './evaluation/majorityAtK.ts';
export type { MajorityVoteOptions } from './evaluation/majorityVote.ts';
export { majorityVote } from './evaluation/majorityVote.ts';
export { gPassAtK, meanGPassAtK, passAllK, passAtK } from './evaluation/passAtK.ts';
export type { PromptPreset } from './evaluation/promptPresets.ts';
export { PROMPT_PRESETS } from './evaluation/promptPresets.ts';
export type {
  Benchmark,
  BenchmarkProblem,
  ReadBenchmarkOptions,
} from './evaluation/readBenchmark.ts';
export { readBenchmark } from './evaluation/readBenchmark.ts';
export { arithmeticReward } from './judges/arithmetic/arithmeticReward.ts';
export type {
  ArithmeticReport,
  Calculation,
  CheckArithmeticOptions,
} from './judges/arithmetic/checkArithmetic.ts';
export { checkArithmetic } from './judges/arithmetic/checkArithmetic.ts';
export type { MathEqualOptions } from './judges/maths/compare/mathEqual.ts';
export { mathEqual } from './judges/maths/compare/mathEqual.ts';
export type {
  ExtractAnswerOptions,
  ExtractedAnswer,
} from './judges/maths/extract/extractAnswer.ts';
export { extractAnswer } from './judges/maths/extract/extractAnswer.ts';
export type { ExtractLetterOptions } from './judges/maths/extract/extractLetter.ts';
export { extractLetter } from './judges/maths/extract/extractLetter.ts';
export { lastBoxed } from './judges/maths/extract/findBoxes.ts';
export { gsm8kAnswer, lastInteger } from './judges/maths/extract/gsm8kAnswer.ts';
export type { AccuracyRewardOptions } from './judges/maths/graders/accuracyReward.ts';
export { accuracyReward } from './judges/maths/graders/accuracyReward.ts';
export type { ComputeEngineEqualOptions } from './judges/maths/graders/computeEngineEqual.ts';
export { computeEngineEqual } from './judges/maths/graders/computeEngineEqual.ts';
export type { GradeMathOptions, MathGrade } from './judges/maths/graders/gradeMath.ts';
export { gradeMath } from './judges/maths/graders/gradeMath.ts';
export { hendrycksEqual, hendrycksNormalize } from './judges/maths/graders/hendrycksEqual.ts';
export type { MinervaGradeOptions } from './judges/maths/graders/minervaGrade.ts';
export { minervaGrade, minervaNormalize } from './judges/maths/graders/minervaGrade.ts';
export { prm800kGrade, prm800kNormalize, splitTuple } from './judges/maths/graders/prm800kGrade.ts';
export type { TrlAccuracyRewardOptions } from './judges/maths/graders/trlAccuracyReward.ts';
export { trlAccuracyReward } from './judges/maths/graders/trlAccuracyReward.ts';
export { javascriptSandbox } from './judges/sandbox/javascript/javascriptSandbox.ts';
export type { PythonSandboxOptions } from './judges/sandbox/python/pythonSandbox.ts';
export { pythonSandbox } from './judges/sandbox/python/pythonSandbox.ts';
export type {
  CodeComparison,
  CodeException,
  CodeFailure,
  CodeOutcome,
  CodeProgram,
  CodeResult,
  CodeTests,
  LiveCodeBenchTest,
  Reveal,
  RunCodeOptions,
  Sandbox,
  SandboxOptions,
} from './judges/sandbox/sandbox.ts';
export type {
  TypescriptCheckOptions,
  TypescriptCompiler,
  TypescriptCompilerOptions,
  TypescriptOutcome,
  TypescriptResult,
} from './judges/typescript/typescriptCompiler.ts';
export { typescriptCompiler } from './judges/typescript/typescriptCompiler.ts';
export type {
  TypescriptDiagnostic,
  TypescriptReport,
} from './judges/typescript/typescriptReport.ts';
export type { JudgeRewardOptions } from './rewards/judgeReward.ts';
export { judgeReward } from './rewards/judgeReward.ts';
export type { Prompt } from './rewards/readPrompt.ts';
export { rewardEach } from './rewards/rewardEach.ts';
export type {
  Columns,
  RewardFunction,
  RewardOptions,
  Rubric,
  RubricItem,
  RubricScores,
} from './rewards/rubric.ts';
export { rubric } from './rewards/rubric.ts';
export { scoreTrajectories } from './rewards/scoreTrajectories.ts';
export { afterThinking } from './text/afterThinking.ts';
export { parseAnswer } from './text/parseAnswer.ts';
export type { ToolDescription, ToolSchema } from './text/toolSchemas.ts';
export { toolSchemas } from './text/toolSchemas.ts';
export { toolsPrompt } from './text/toolsPrompt.ts';
export type { AppendTrajectoriesOptions } from './trajectory/appendTrajectories.ts';
export { appendTrajectories } from './trajectory/appendTrajectories.ts';
export type { ExportedConversation } from './trajectory/exportConversation.ts';
export { exportConversation } from './trajectory/exportConversation.ts';
export type { AgentTraceRow, ImportAgentTraceOptions } from './trajectory/importAgentTrace.ts';
export { importAgentTrace } from './trajectory/importAgentTrace.ts';
export type {
  ConversationRow,
  ImportConversationOptions,
} from './trajectory/importConversation.ts';
export { importConversation } from './trajectory/importConversation.ts';
export type {
  VerifiersEpisode,
  VerifiersNode,
  VerifiersTrace,
} from './trajectory/importVerifiers.ts';
export { importVerifiers } from './trajectory/importVerifiers.ts';
export type { ConversationMessage, MessagePart } from './trajectory/readMessage.ts';
export type { ReadTrajectoriesOptions } from './trajectory/readTrajectories.ts';
export { readTrajectories } from './trajectory/readTrajectories.ts';
export type {
  RewardSpan,
  SampledTokens,
  Segment,
  SegmentKind,
  Speaker,
} from './trajectory/segment.ts';
export type { MessageFunction, MessageToolCall } from './trajectory/toolCallText.ts';
export type { StopReason, Trajectory } from './trajectory/trajectory.ts';
export type { Observation, Opening, Utterance } from './trajectory/utterance.ts';
export { validateTrajectory } from './trajectory/validateTrajectory.ts';
export { writeTrajectories } from './trajectory/writeTrajectories.ts';
