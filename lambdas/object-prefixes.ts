/** Of objects beside the bucket's containers, whose names begin with a letter or digit: what nodes answer, and large answers; they go after a day. */
export const REPLIES = "_replies/";
/** Of stdout.txt and stderr.txt of tasks, kept for a week, so that they outlive their nodes. */
export const OUTPUTS = "_outputs/";
