export { firstAnswer } from './first-answer.js';
export { DEFAULT_RETRY, STRATEGIES } from './model.js';
export type { Model, RetryRules, Strategy } from './model.js';
export { ParallelLimit } from './parallel-limit.js';
export { orderByPriority } from './plan.js';
export { compileGlob, restOf } from './wildcard.js';
