const ID = /^[A-Za-z0-9_-]{1,64}$/;
/** A schedule's job has its number behind the schedule's id. */
const JOB_ID = /^[A-Za-z0-9_-]{1,64}(?::job-[0-9]{1,15})?$/i;

/** Whether a text can be the id of a pool, node, task or job schedule; compared without case, kept with it. */
export function isId(text: string): boolean {
  return ID.test(text);
}

/** Whether it can be the id of a job, be it one of its own or a schedule's. */
export function isJobId(text: string): boolean {
  return JOB_ID.test(text);
}
