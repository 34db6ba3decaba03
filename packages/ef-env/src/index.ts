export type { DataContent, DataFormat, DataSource } from './data/dataSource.ts';
export type { DataRow } from './data/parseRows.ts';
export type { ReadRowsOptions } from './data/readRows.ts';
export { readRows } from './data/readRows.ts';
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
export type {
  Environment,
  EnvironmentDefinition,
  Episode,
  ResetOptions,
  StepOptions,
  StepResult,
} from './episode/defineEnvironment.ts';
export { defineEnvironment } from './episode/defineEnvironment.ts';
export { episodeMetrics } from './episode/episodeMetrics.ts';
export type { GenerateOptions, Policy } from './episode/policy.ts';
export type { AnswerScore } from './episode/scoredStep.ts';
export type { Observation, Opening, Utterance } from './episode/utterance.ts';
export type { EfEnvErrorCode } from './errors.ts';
export { EfEnvError } from './errors.ts';
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
export type { CodewordsFeedback } from './feedback/codewordsFeedback.ts';
export { codewordsFeedback } from './feedback/codewordsFeedback.ts';
export type { AccuracyRewardOptions } from './graders/math/accuracyReward.ts';
export { accuracyReward } from './graders/math/accuracyReward.ts';
export { afterThinking } from './graders/math/afterThinking.ts';
export type { ComputeEngineEqualOptions } from './graders/math/computeEngineEqual.ts';
export { computeEngineEqual } from './graders/math/computeEngineEqual.ts';
export type { ExtractAnswerOptions, ExtractedAnswer } from './graders/math/extractAnswer.ts';
export { extractAnswer } from './graders/math/extractAnswer.ts';
export type { ExtractLetterOptions } from './graders/math/extractLetter.ts';
export { extractLetter } from './graders/math/extractLetter.ts';
export { lastBoxed } from './graders/math/findBoxes.ts';
export type { GradeMathOptions, MathGrade } from './graders/math/gradeMath.ts';
export { gradeMath } from './graders/math/gradeMath.ts';
export { gsm8kAnswer, lastInteger } from './graders/math/gsm8kAnswer.ts';
export { hendrycksEqual, hendrycksNormalize } from './graders/math/hendrycksEqual.ts';
export type { MathEqualOptions } from './graders/math/mathEqual.ts';
export { mathEqual } from './graders/math/mathEqual.ts';
export type { MinervaGradeOptions } from './graders/math/minervaGrade.ts';
export { minervaGrade, minervaNormalize } from './graders/math/minervaGrade.ts';
export { prm800kGrade, prm800kNormalize, splitTuple } from './graders/math/prm800kGrade.ts';
export type { TrlAccuracyRewardOptions } from './graders/math/trlAccuracyReward.ts';
export { trlAccuracyReward } from './graders/math/trlAccuracyReward.ts';
export { parseAnswer } from './graders/parseAnswer.ts';
export type { OpenEnvObservation, OpenEnvResult } from './openEnv/answer.ts';
export type { OpenEnvOptions } from './openEnv/openEnv.ts';
export { openEnv } from './openEnv/openEnv.ts';
export type { OpenEnvClient, OpenEnvClientOptions } from './openEnv/openEnvClient.ts';
export { openEnvClient } from './openEnv/openEnvClient.ts';
export type { OpenEnvTranslation, OpenEnvWords } from './openEnv/openEnvEpisode.ts';
export type { OpenEnvRequestOptions, OpenEnvSession } from './openEnv/openEnvSession.ts';
export type { OpenEnvRefusal } from './openEnv/refusal.ts';
export type { Random } from './random.ts';
export { createRandom, mixSeeds, restoreRandom } from './random.ts';
export type { Bm25, Bm25Hit, Bm25Options } from './retrieval/bm25.ts';
export { bm25 } from './retrieval/bm25.ts';
export { bm25Retriever } from './retrieval/bm25Retriever.ts';
export type {
  RetrievalDocument,
  RetrieveOptions,
  Retriever,
} from './retrieval/retrievalDocument.ts';
export type {
  RefineOptions,
  RetrievalEnvironmentOptions,
} from './retrieval/retrievalEnvironment.ts';
export { retrievalEnvironment } from './retrieval/retrievalEnvironment.ts';
export type { RetrievalTask, SearchTurn } from './retrieval/searchProgress.ts';
export { exactMatch, tokenF1 } from './retrieval/squadScore.ts';
export { tokenizeText } from './retrieval/tokenizeText.ts';
export type { JudgeRewardOptions } from './rewards/judgeReward.ts';
export { judgeReward } from './rewards/judgeReward.ts';
export type { PromptEnvironmentOptions } from './rewards/promptEnvironment.ts';
export { promptEnvironment } from './rewards/promptEnvironment.ts';
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
export type { CodeEnvironmentOptions, CodeTask } from './sandbox/codeEnvironment.ts';
export { codeEnvironment } from './sandbox/codeEnvironment.ts';
export { javascriptSandbox } from './sandbox/javascriptSandbox.ts';
export type { PythonSandboxOptions } from './sandbox/pythonSandbox.ts';
export { pythonSandbox } from './sandbox/pythonSandbox.ts';
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
} from './sandbox/sandbox.ts';
export type { Stage, StageContext, StageRule } from './stages/stage.ts';
export type { StagesOptions } from './stages/stages.ts';
export { stages } from './stages/stages.ts';
export { arithmeticReward } from './symbolic/arithmeticReward.ts';
export type {
  ArithmeticReport,
  Calculation,
  CheckArithmeticOptions,
} from './symbolic/checkArithmetic.ts';
export { checkArithmetic } from './symbolic/checkArithmetic.ts';
export type {
  TypescriptCheckOptions,
  TypescriptCompiler,
  TypescriptCompilerOptions,
  TypescriptOutcome,
  TypescriptResult,
} from './symbolic/typescriptCompiler.ts';
export { typescriptCompiler } from './symbolic/typescriptCompiler.ts';
export type {
  TypescriptEnvironmentOptions,
  TypescriptTask,
} from './symbolic/typescriptEnvironment.ts';
export { typescriptEnvironment } from './symbolic/typescriptEnvironment.ts';
export type { TypescriptDiagnostic, TypescriptReport } from './symbolic/typescriptReport.ts';
export type { Split } from './tasks/codewords/chainSplit.ts';
export { chainSplit } from './tasks/codewords/chainSplit.ts';
export type { CodewordsOptions } from './tasks/codewords/codewords.ts';
export { codewords } from './tasks/codewords/codewords.ts';
export type { CodewordsTask, CodewordsTaskOptions } from './tasks/codewords/codewordsTask.ts';
export { codewordsTask } from './tasks/codewords/codewordsTask.ts';
export type { DefinitionsTaskOptions } from './tasks/codewords/definitionsTask.ts';
export { definitionsTask } from './tasks/codewords/definitionsTask.ts';
export { DOMAIN_WORDS, FREE_WORDS, LEXICON } from './tasks/codewords/lexicon.ts';
export { miscTask } from './tasks/codewords/miscTask.ts';
export type { Operation } from './tasks/codewords/operations.ts';
export { applyOperations, OPERATION_NAMES } from './tasks/codewords/operations.ts';
export type { PlainTask } from './tasks/codewords/plainTask.ts';
export { plainTask } from './tasks/codewords/plainTask.ts';
export type { GymFamily, GymItem, GymReferenceContext, GymVerdict } from './tasks/gym/gymFamily.ts';
export type { GymFamilyName } from './tasks/gymFamilies.ts';
export { GYM_FAMILIES } from './tasks/gymFamilies.ts';
export type { GymSampler, GymSamplerOptions, GymSamplerState } from './tasks/gymSampler.ts';
export { gymSampler } from './tasks/gymSampler.ts';
export type { GymScore, GymScoreOptions } from './tasks/gymScore.ts';
export { gymScore } from './tasks/gymScore.ts';
export type { GymTask, GymTaskOptions } from './tasks/gymTask.ts';
export { gymTask } from './tasks/gymTask.ts';
export type { QuizTask } from './tasks/quiz.ts';
export { quiz } from './tasks/quiz.ts';
export type { ReasoningGymOptions } from './tasks/reasoningGym.ts';
export { reasoningGym } from './tasks/reasoningGym.ts';
export type { ParsedToolCall } from './tools/parseToolCalls.ts';
export { parseToolCalls } from './tools/parseToolCalls.ts';
export type { Tool, ToolContext, ToolSchema } from './tools/tool.ts';
export { toolSchemas } from './tools/tool.ts';
export type { AnswerContext, ToolEnvironmentOptions } from './tools/toolEnvironment.ts';
export { toolEnvironment } from './tools/toolEnvironment.ts';
export { toolsPrompt } from './tools/toolsPrompt.ts';
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
export { validateTrajectory } from './trajectory/validateTrajectory.ts';
export { writeTrajectories } from './trajectory/writeTrajectories.ts';
