import { expect, it } from 'vitest';
import { directHandler } from '../http/direct-handler.js';
import { ChatCompletionsController } from './chat-completions.controller.js';

it('is asked without the router of Nest', () => {
  const { prototype } = ChatCompletionsController;
  const handler = directHandler(
    prototype.create,
    () => prototype,
    () => {},
  );
  expect(handler).toBeTypeOf('function');
});
