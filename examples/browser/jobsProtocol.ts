/** How a tab works for runs elsewhere. */
export interface TabWork {
  /** Of the server's WebSocket port: `ws://127.0.0.1:8080` */
  url: string;
  token?: string | undefined;
  device: 'auto' | 'cpu';
  /** The runs' model; none: the shipped one. */
  model: readonly File[];
}

/** What the page asks of the thread that works. */
export type JobsRequest = { do: 'work'; work: TabWork } | { do: 'stop' };

/** What was done since the tab connected. */
export interface Done {
  jobs: number;
  episodes: number;
  /** What workers judged of episodes that others sample. */
  verdicts: number;
  seconds: number;
}

export type JobsReply =
  | { say: 'opened'; device: string; notice?: string | undefined }
  | { say: 'line'; text: string }
  | { say: 'done'; done: Done }
  /** Nothing more comes; with the error that ended it. */
  | { say: 'ended'; error?: string | undefined };
