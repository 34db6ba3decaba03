/** A document that can be found. */
export interface RetrievalDocument {
  /** Tells documents apart; a task names its evidence by it. */
  id: string;
  title?: string | undefined;
  text: string;
}

export interface RetrieveOptions {
  /** Documents wanted at most. */
  k: number;
  signal: AbortSignal;
}

/** A search engine: documents for a query, best first. */
export type Retriever = (
  query: string,
  options: RetrieveOptions,
) => readonly RetrievalDocument[] | Promise<readonly RetrievalDocument[]>;
