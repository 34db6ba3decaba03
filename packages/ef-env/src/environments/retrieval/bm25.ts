import { checkChoice } from '../../base/checkChoice.ts';
import { checkList } from '../../base/checkData.ts';
import { EfEnvError } from '../../base/errors.ts';
import { readOptions } from '../../base/readOptions.ts';
import { tokenizeText } from './tokenizeText.ts';

export interface Bm25Options {
  /**
   * Whose numbers to reproduce where implementations disagree. Default `'lucene'`.
   * `'lucene'`: idf = ln(1 + (N - n + 0.5) / (n + 0.5)), always positive; tf / (tf + K); k1 = 1.2.
   * `'rank_bm25'` (its BM25Okapi): idf = ln((N - n + 0.5) / (n + 0.5)), a negative one replaced by a quarter of the
   * mean idf; tf * (k1 + 1) / (tf + K); k1 = 1.5.
   */
  convention?: 'lucene' | 'rank_bm25' | undefined;
  /** How slowly repetitions of a term lose their worth. Default 1.2, or 1.5 in `'rank_bm25'`. */
  k1?: number | undefined;
  /** How much long documents are held back, 0 to 1. Default 0.75. */
  b?: number | undefined;
  /** Text to terms, for documents and queries alike. Default {@link tokenizeText}. */
  tokenize?: ((text: string) => readonly string[]) | undefined;
}

export interface Bm25Hit {
  /** Place of the document, 0-based. */
  index: number;
  score: number;
}

/** Documents ready to be ranked. */
export interface Bm25 {
  /** The `k` best documents with a term of the query, best first; equal scores in the order of the documents. */
  search(query: string, k: number): Bm25Hit[];
  /** `[documents]`, unitless; 0 without a term of the query. */
  scores(query: string): Float64Array;
}

interface Postings {
  documents: number[];
  counts: number[];
}

const CONVENTIONS = {
  lucene: { k1: 1.2, gain: () => 1, idf: luceneIdf },
  rank_bm25: { k1: 1.5, gain: (k1: number) => k1 + 1, idf: flooredIdf },
} as const;

/**
 * Ranks documents by BM25.
 *
 *     score(d, q) = sum over t in q of  idf(t) * gain * tf(t,d) / (tf(t,d) + k1 * (1 - b + b * |d| / mean |d|))
 *
 * A term that the query repeats counts as often as it is there.
 *
 * @param documents - texts; an empty one is never found.
 * @throws {EfEnvError} `option` for a negative or infinite `k1`, or `b` outside 0 to 1.
 *
 * @example
 * const index = bm25(['the cat sat', 'the dog barked', 'a bird sang']);
 * index.search('which dog barked?', 1)[0]?.index; // 1
 *
 * @see Robertson and Zaragoza 2009, The Probabilistic Relevance Framework: https://doi.org/10.1561/1500000019
 * @see Lucene's BM25Similarity, whose idf this is by default: https://lucene.apache.org/core/9_0_0/core/org/apache/lucene/search/similarities/BM25Similarity.html
 */
export function bm25(documents: readonly string[], options: Bm25Options = {}): Bm25 {
  checkList('bm25', 'documents', documents);
  const given = readOptions('bm25', options, {
    convention: 'optional',
    k1: 'optional',
    b: 'optional',
    tokenize: 'optional',
  });
  const { convention = 'lucene', tokenize = tokenizeText, b = 0.75 } = given;
  checkChoice('bm25: convention', convention, Object.keys(CONVENTIONS));
  const { gain, idf, ...defaults } = CONVENTIONS[convention];
  const { k1 = defaults.k1 } = given;
  checkParameters(k1, b);

  const { postings, lengths } = invert(documents, tokenize);
  const mean = lengths.reduce((sum, length) => sum + length, 0) / lengths.length;
  const weights = idf(postings, documents.length);

  const scoreTerms = (terms: readonly string[]): Float64Array => {
    const total = new Float64Array(documents.length);
    for (const term of terms) {
      const found = postings.get(term);
      if (!found) continue;
      const weight = weights.get(term)! * gain(k1); // every term in the postings has one
      for (const [i, document] of found.documents.entries()) {
        const tf = found.counts[i]!; // as long as documents
        total[document]! += (weight * tf) / (tf + k1 * (1 - b + (b * lengths[document]!) / mean));
      }
    }
    return total;
  };
  return {
    scores: (query) => scoreTerms(tokenize(query)),
    search: (query, k) => {
      const terms = tokenize(query);
      const total = scoreTerms(terms);
      const found = new Set(terms.flatMap((term) => postings.get(term)?.documents ?? []));
      return [...found]
        .map((index) => ({ index, score: total[index]! })) // one score per document
        .sort((x, y) => y.score - x.score || x.index - y.index)
        .slice(0, k);
    },
  };
}

function invert(
  documents: readonly string[],
  tokenize: (text: string) => readonly string[],
): { postings: Map<string, Postings>; lengths: number[] } {
  const postings = new Map<string, Postings>();
  const lengths = documents.map((text, document) => {
    const terms = tokenize(text);
    for (const term of terms) {
      let list = postings.get(term);
      if (!list) {
        list = { documents: [], counts: [] };
        postings.set(term, list);
      }
      const last = list.documents.length - 1;
      if (list.documents[last] === document) list.counts[last]! += 1;
      else {
        list.documents.push(document);
        list.counts.push(1);
      }
    }
    return terms.length;
  });
  return { postings, lengths };
}

type Idf = (postings: ReadonlyMap<string, Postings>, total: number) => Map<string, number>;

function luceneIdf(...[postings, total]: Parameters<Idf>): ReturnType<Idf> {
  const idf = ({ documents: { length: n } }: Postings): number =>
    Math.log(1 + (total - n + 0.5) / (n + 0.5));
  return new Map([...postings].map(([term, list]) => [term, idf(list)]));
}

/** rank_bm25's epsilon: a term of more than half the documents gets this share of the mean idf. */
const EPSILON = 0.25;

function flooredIdf(...[postings, total]: Parameters<Idf>): ReturnType<Idf> {
  const idf = ({ documents: { length: n } }: Postings): number =>
    Math.log((total - n + 0.5) / (n + 0.5));
  const raw = [...postings].map(([term, list]) => [term, idf(list)] as const);
  const mean = raw.reduce((sum, [, value]) => sum + value, 0) / raw.length;
  return new Map(raw.map(([term, value]) => [term, value < 0 ? EPSILON * mean : value]));
}

function checkParameters(k1: number, b: number): void {
  if (k1 >= 0 && k1 < Infinity && b >= 0 && b <= 1) return;
  throw new EfEnvError(
    'option',
    `bm25: k1 must be >= 0 and finite and b within 0 to 1, got k1 = ${k1}, b = ${b}. Usual are 1.2 and 0.75.`,
  );
}
