/** Something outside this program keeps it from starting. It is said in one line, without a stack. */
export class StartError extends Error {}
