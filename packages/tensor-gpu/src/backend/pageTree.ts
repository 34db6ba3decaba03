/** Positions of a page of keys and values (LANES of kernels/decodeAttention.c). */
export const PAGE_POSITIONS = 16;

/** Pages of a device, by number. One that nobody holds any more is free. */
export interface HeldPages {
  /** @returns The page itself. */
  hold(page: number): number;
  release(page: number): void;
  /** Whether one holder only has it. */
  isHeldOnce(page: number): boolean;
}

/** A page under the ids that it is of. Below it are pages of the ids that came next. */
interface PrefixNode {
  /** As many as a page has positions; fewer: nothing is below. */
  ids: Int32Array;
  page: number;
  parent: PrefixNode | undefined;
  children: PrefixNode[];
  lastUse: number;
}

/** How much of a sequence is there already. */
export interface PrefixMatch {
  /** Full pages from its beginning, held for the caller. */
  pages: number[];
  /** Positions that are known: those of `pages`, and the first ones of `partial`. */
  length: number;
  /** A page of which the first positions fit, held for the caller. */
  partial: number | undefined;
}

/** Pages of keys and values by the token ids before and in them: what another sequence with the same beginning can use. */
export class PageTree {
  private readonly root: PrefixNode = {
    ids: new Int32Array(0),
    page: -1,
    parent: undefined,
    children: [],
    lastUse: 0,
  };
  private readonly pages: HeldPages;
  private clock = 0;

  constructor(pages: HeldPages) {
    this.pages = pages;
  }

  /** The longest beginning of `ids` that is there. */
  match(ids: Int32Array): PrefixMatch {
    const match: PrefixMatch = { pages: [], length: 0, partial: undefined };
    let node = this.root;
    for (;;) {
      const { child, common } = this.nearest(node, ids, match.length);
      if (child === undefined) return match;
      child.lastUse = ++this.clock;
      this.pages.hold(child.page);
      match.length += common;
      if (common < PAGE_POSITIONS) {
        match.partial = child.page;
        return match;
      }
      match.pages.push(child.page);
      node = child;
    }
  }

  /** Lets go of what is held of a match. */
  release({ pages, partial }: Pick<PrefixMatch, 'pages' | 'partial'>): void {
    for (const page of pages) this.pages.release(page);
    if (partial !== undefined) this.pages.release(partial);
  }

  /** Keeps the pages of these ids; those that are there already stay. */
  insert(ids: Int32Array, pages: readonly number[]): void {
    let node = this.root;
    for (let at = 0; at < ids.length; at += PAGE_POSITIONS) {
      const part = ids.slice(at, at + PAGE_POSITIONS);
      const { child, common } = this.nearest(node, ids, at);
      const page = pages[at / PAGE_POSITIONS]!;
      if (child !== undefined && common === part.length) {
        node = child;
      } else if (child !== undefined && common === child.ids.length) {
        this.pages.release(child.page); // goes on where it ended
        child.ids = part;
        child.page = this.pages.hold(page);
        node = child;
      } else {
        const fresh = { ids: part, page: this.pages.hold(page), parent: node, children: [] };
        node.children.push({ ...fresh, lastUse: 0 });
        node = node.children.at(-1)!;
      }
      node.lastUse = ++this.clock;
    }
  }

  /** Lets go of the pages of these ids that nobody else uses. */
  forget(ids: Int32Array): void {
    let node = this.root;
    for (let at = 0; at < ids.length; at += PAGE_POSITIONS) {
      const { child, common } = this.nearest(node, ids, at);
      if (child === undefined || common < child.ids.length) break;
      node = child;
    }
    while (node.parent !== undefined && this.canLeave(node)) {
      const { parent } = node;
      this.remove(node);
      node = parent;
    }
  }

  /** Lets go of up to `count` pages that nobody else uses, those that were not used for longest first. */
  evict(count: number): number {
    let evicted = 0;
    while (evicted < count) {
      const leaves = this.nodes().filter((node) => this.canLeave(node));
      if (leaves.length === 0) break;
      leaves.sort((a, b) => a.lastUse - b.lastUse);
      for (const leaf of leaves.slice(0, count - evicted)) this.remove(leaf);
      evicted += Math.min(leaves.length, count - evicted);
    }
    return evicted;
  }

  /** Lets go of everything. */
  clear(): void {
    for (const { page } of this.nodes()) this.pages.release(page);
    this.root.children = [];
  }

  private canLeave(node: PrefixNode): boolean {
    return node.children.length === 0 && this.pages.isHeldOnce(node.page);
  }

  private remove(node: PrefixNode): void {
    const { children } = node.parent!; // the root is no page
    children.splice(children.indexOf(node), 1);
    this.pages.release(node.page);
  }

  private nodes(): PrefixNode[] {
    const all: PrefixNode[] = [];
    const open = [...this.root.children];
    for (let node = open.pop(); node !== undefined; node = open.pop()) {
      all.push(node);
      open.push(...node.children);
    }
    return all;
  }

  /** The child with most ids in common with those from `at` on. */
  private nearest(
    node: PrefixNode,
    ids: Int32Array,
    at: number,
  ): { child: PrefixNode | undefined; common: number } {
    let best: PrefixNode | undefined;
    let most = 0;
    for (const child of node.children) {
      const end = Math.min(child.ids.length, ids.length - at);
      let common = 0;
      while (common < end && child.ids[common] === ids[at + common]) common++;
      if (common > most) {
        most = common;
        best = child;
      }
    }
    return { child: best, common: most };
  }
}
