/** A request as it came, and how it was answered. */
export interface Exchange {
  method: string;
  path: string;
  type: string | undefined;
  /** Base64. */
  body: string;
  status: number;
  answer?: {
    type: string;
    /** Where a redirect goes, on the same server. */
    location?: string;
    /** Base64. */
    body: string;
  };
}
