/** `LONG=1`: turns as long as in life, and more rounds (CONTRIBUTING.md, "Long proofs"). The gate runs the short form. */
export const long = process.env.LONG === '1';
