import { isObject, requireList, requireObject, requireText, unsupported } from '#contract';
import type { Members } from '#contract';
import { markOf } from './wire.js';
import type { Said } from './wire.js';

/** Tools and the choice among them, as a chat has them. @throws GatewayError that names the tool, or the choice */
export function readTools({ tools, tool_choice: choice }: Members, hasExtensions: boolean): Said {
  const read = requireList(tools, 'tools').map((tool, index) =>
    readTool(requireObject(tool, `tools.${index}`), `tools.${index}`, hasExtensions),
  );
  if (read.length === 0) return {};
  const isSingle = isObject(choice) && choice.disable_parallel_tool_use === true;
  return {
    tools: read,
    ...(isObject(choice) && { tool_choice: readChoice(choice) }),
    ...(isSingle && { parallel_tool_calls: false }),
  };
}

function readTool(tool: Members, param: string, hasExtensions: boolean): Said {
  // The others run at Anthropic.
  if ((tool.type ?? 'custom') !== 'custom') {
    throw unsupported('tools', `This model has no tool of the type '${String(tool.type)}'.`);
  }
  const { description, input_schema: parameters, strict } = tool;
  return {
    type: 'function',
    function: {
      name: requireText(tool.name, `${param}.name`),
      ...(typeof description === 'string' && { description }),
      ...(isObject(parameters) && { parameters }),
      ...(typeof strict === 'boolean' && { strict }),
    },
    ...markOf(tool, hasExtensions),
  };
}

function readChoice({ type, name }: Members): unknown {
  if (type === 'auto' || type === 'none') return type;
  if (type === 'any') return 'required';
  if (type !== 'tool') throw unsupported('tool_choice', `There is no choice '${String(type)}'.`);
  return { type: 'function', function: { name: requireText(name, 'tool_choice.name') } };
}
