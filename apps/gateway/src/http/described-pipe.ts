import type { PipeTransform, Type } from '@nestjs/common';

/** A pipe that reads by the rules on a class: what the description of the API is made from. */
export interface DescribedPipe<Value> extends PipeTransform<unknown, Value> {
  readonly Body: Type<object>;
  /** `multipart/form-data`, or JSON where nothing is said. */
  readonly mediaType?: string;
  /** May more members come than the class knows? */
  readonly isOpen: boolean;
  /** What the body may be instead. */
  readonly or?: DescribedPipe<unknown>;
}

export function isDescribed(pipe: unknown): pipe is DescribedPipe<unknown> {
  return typeof pipe === 'object' && pipe !== null && 'Body' in pipe && 'isOpen' in pipe;
}
