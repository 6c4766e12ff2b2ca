import { GatewayError } from '#contract';
import type { Dialect } from '../spec.js';

const absent = (): never => {
  throw new GatewayError('unsupported_operation', { param: 'model' });
};

export const responses: Dialect<'responses'> = {
  toChat: absent,
  dropped: () => [],
  fromChat: absent,
  openStream: absent,
};
