export { firstAnswer } from './first-answer.js';
export type { Model } from './model.js';
export { orderByPriority } from './plan.js';
export { compileGlob, restOf } from './wildcard.js';
