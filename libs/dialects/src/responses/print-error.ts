export { responsesErrorEvent } from '#contract';
