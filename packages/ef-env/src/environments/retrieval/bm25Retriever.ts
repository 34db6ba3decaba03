import { type Bm25Options, bm25 } from './bm25.ts';
import type { RetrievalDocument, Retriever } from './retrievalDocument.ts';

/**
 * A search engine over your documents, in memory: BM25 of title and text.
 *
 * @example
 * const retrieve = bm25Retriever([{ id: 'a', text: 'the cat sat' }, { id: 'b', text: 'the dog barked' }]);
 * const [best] = await retrieve('a dog', { k: 1, signal: new AbortController().signal });
 * best?.id; // 'b'
 */
export function bm25Retriever(
  documents: readonly RetrievalDocument[],
  options: Bm25Options = {},
): Retriever {
  const index = bm25(
    documents.map(({ title, text }) => (title === undefined ? text : `${title}\n${text}`)),
    options,
  );
  return (query, { k }) => index.search(query, k).map((hit) => documents[hit.index]!); // its own documents
}
