/** Ours, as package.json and plugin.json have it (a test compares). */
export const VERSION = '1.1.0';
