/** What may stand at the cursor, and what a shell shows beside it. */
export interface Candidate {
  value: string;
  about: string;
}
