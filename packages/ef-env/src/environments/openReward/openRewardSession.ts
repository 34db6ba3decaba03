import type {
  OpenRewardBlock,
  OpenRewardMessage,
  OpenRewardOutput,
  OpenRewardTools,
} from './answers.ts';
import type { OpenRewardRequestOptions } from './openRewardServer.ts';

/** An environment on a server, for one task. */
export interface OpenRewardSession {
  /** What the server and its log call it. */
  readonly id: string;
  /** What the task asks. Waits until the environment is set up. */
  prompt(options?: OpenRewardRequestOptions): Promise<OpenRewardBlock[]>;
  /** The same as a conversation. Servers before openreward 0.1.157 have none: the prompt as one message. */
  messages(options?: OpenRewardRequestOptions): Promise<OpenRewardMessage[]>;
  /** The tools of this task. */
  tools(options?: OpenRewardRequestOptions): Promise<OpenRewardTools>;
  /**
   * Calls a tool. A stream that breaks is resumed by the server's id of the call, nothing is run twice. Rejects with the
   * server's reason as `cause`, an {@link OpenRewardRefusal}, where the tool refused or failed; the session goes on.
   */
  call(
    name: string,
    input: Readonly<Record<string, unknown>>,
    options?: OpenRewardRequestOptions,
  ): Promise<OpenRewardOutput>;
  /** Leaves. Resolves when the environment is torn down, or after 5 s without that; never rejects. */
  close(): Promise<void>;
}
